"""`python3 -m scripts.setup run|traces|test|audit|uv`: makes ready what `make` needs, once.

A stamp in `.venv` remembers the lock files that were installed, so a second call only compares
hashes. Two calls at once wait for each other.
"""

import fcntl
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.stack.programs import ROOT, TOOLS
from scripts import audit_tools, python_packages, system_packages, typescript_compiler
from scripts.report import SetupError, say

LOCKS = {
    "run": "requirements.lock",
    "traces": "requirements-traces.lock",
    "test": "requirements-dev.lock",
}
"""Each holds everything of those before it."""
PROFILES = (*LOCKS, "audit", "uv")
STAMP = python_packages.VENV / ".installed.json"


def main(profile: str) -> None:
    """Prepare `profile`; what is there already is kept."""
    with _alone():
        if profile == "uv":
            sys.stdout.write(f"{python_packages.require_uv()}\n")
            return
        _install_locked(profile if profile in LOCKS else "test")
        python_packages.add_client()
        system_packages.ensure_nginx()
        if profile in {"test", "audit"}:
            system_packages.ensure_chromium()
            system_packages.ensure_certutil()
            system_packages.ensure_postgres()
            system_packages.ensure_redis()
            typescript_compiler.ensure()
        if profile == "audit":
            audit_tools.ensure()


def _install_locked(profile: str) -> None:
    wanted = {"python": python_packages.venv_version(), **_hashes(profile)}
    installed = _read_stamp()
    if wanted["python"] and wanted.items() <= installed.items():
        return
    started = time.monotonic()
    say(f"Installing the packages of {LOCKS[profile]} into .venv")
    python_packages.install(ROOT / LOCKS[profile])
    kept = {name: value for name, value in installed.items() if wanted.get(name, value) == value}
    stamp = {**kept, **_hashes(profile), "python": python_packages.venv_version()}
    STAMP.write_text(json.dumps(stamp), encoding="ascii")
    say(f"Installed in {time.monotonic() - started:.0f} s")


def _hashes(profile: str) -> dict[str, str]:
    """The lock files that a profile satisfies."""
    names = list(LOCKS.values())[: list(LOCKS).index(profile) + 1]
    return {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in names}


def _read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


@contextmanager
def _alone() -> Iterator[None]:
    TOOLS.mkdir(exist_ok=True)
    with Path(TOOLS / "setup.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  (this may be any Python: it says what it needs)
        sys.exit("Python 3.11 or later is needed; name one: make PYTHON=python3.12 …")
    if len(sys.argv) != 2 or sys.argv[1] not in PROFILES:  # noqa: PLR2004  (name and profile)
        sys.exit(f"usage: python3 -m scripts.setup {'|'.join(PROFILES)}")
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(f"setup: {error}")
