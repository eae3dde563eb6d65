"""The outside judges of `make audit`: what each is, where it lies, how it gets there.

One that cannot be had is no failure here: its audit says that it was not made.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from app.stack.programs import ROOT, TOOLS, find_fetched_nginx
from scripts import python_packages
from scripts.report import SetupError, run, say
from scripts.system_packages import apt_install, can_apt, fetch_nginx, keep_off_at_boot

LOCK = ROOT / "requirements-audit.lock"
VENV = TOOLS / "audit"
"""Of their own: sslyze wants an older cryptography than the gateway."""
TESTSSL = TOOLS / "testssl" / "testssl.sh"
TESTSSL_SOURCE = "https://github.com/testssl/testssl.sh"
TESTSSL_COMMIT = "9fdf8028baba86d83218db294a5776384ec8c332"
"""3.3dev of 25 June 2026. git checks what it fetches against the commit's hash."""
DEBIAN = {
    "host": "bind9-host",
    "hexdump": "bsdextrautils",
    "certbot": "certbot",
    "shellcheck": "shellcheck",
    "promtool": "prometheus",
}
"""Programs and their packages; testssl.sh needs the first two."""
PEBBLE = TOOLS / "pebble"
PEBBLE_SOURCE = "github.com/letsencrypt/pebble/v2/cmd"
PEBBLE_VERSION = "v2.10.1"
"""Let's Encrypt's own authority for tests. Go checks it against its checksum database."""


def ensure() -> None:
    for step in (
        ensure_packages,
        _ensure_debian,
        _ensure_testssl,
        _ensure_pebble,
        _ensure_new_nginx,
    ):
        _try(step)


def find_testssl() -> Path | None:
    """The one at our commit, else the system's."""
    system = shutil.which("testssl")
    return TESTSSL if TESTSSL.exists() else Path(system) if system else None


def program(name: str) -> Path | None:
    """One of the lock file's, where it is installed."""
    path = VENV / "bin" / name
    return path if path.exists() else None


def _try(step: Callable[[], None]) -> None:
    try:
        step()
    except SetupError as error:
        say(f"{error}\nsetup: the audit goes on without it")


def ensure_packages() -> None:
    """Again when the lock file has changed since."""
    stamp, wanted = VENV / "installed.lock", LOCK.read_bytes()
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    say(f"Installing the packages of {LOCK.name} into {VENV.relative_to(ROOT)}")
    python_packages.install(LOCK, VENV)
    stamp.write_bytes(wanted)


def _ensure_debian() -> None:
    missing = [package for name, package in DEBIAN.items() if not shutil.which(name)]
    if not missing:
        return
    if not can_apt():
        raise SetupError(f"not on this machine: {', '.join(missing)}")
    apt_install(*missing)
    for package, service in (("certbot", "certbot.timer"), ("prometheus", "prometheus")):
        if package in missing:
            keep_off_at_boot(service)


def _ensure_testssl() -> None:
    if find_testssl():
        return
    say("Fetching testssl.sh")
    folder = TESTSSL.parent
    shutil.rmtree(folder, ignore_errors=True)
    run(["git", "init", "--quiet", str(folder)])
    git = ["git", "-C", str(folder)]
    run([*git, "remote", "add", "origin", TESTSSL_SOURCE])
    try:
        run([*git, "fetch", "--depth=1", "--filter=blob:none", "origin", TESTSSL_COMMIT])
    except SetupError as error:
        say(str(error))
        _ensure_older_testssl()
    else:
        run([*git, "checkout", TESTSSL_COMMIT, "--", "etc", TESTSSL.name])


def _ensure_older_testssl() -> None:
    """Debian's own, where its source cannot be reached."""
    if not shutil.which("testssl"):
        if not can_apt():
            raise SetupError("not on this machine: testssl.sh")
        apt_install("testssl.sh")


def _ensure_pebble() -> None:
    """It, and the name server that leads every name to this machine."""
    if (PEBBLE / "pebble").exists():
        return
    if not shutil.which("go"):
        raise SetupError("the authority for tests is made by Go, which is not on this machine")
    say("Making the authority for tests")
    sources = [
        f"{PEBBLE_SOURCE}/{name}@{PEBBLE_VERSION}" for name in ("pebble-challtestsrv", "pebble")
    ]
    for source in sources:
        run(["go", "install", source], environment={**os.environ, "GOBIN": str(PEBBLE)})


def _ensure_new_nginx() -> None:
    if find_fetched_nginx() is None:
        fetch_nginx()
