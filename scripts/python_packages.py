"""The virtual environment, from a hashed lock file: with uv, else with venv and pip."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from app.stack.programs import ROOT, TOOLS
from scripts.report import SetupError, run, say
from scripts.system_packages import apt_install, can_apt

VENV = ROOT / ".venv"
CLIENT = ROOT / "clients" / "python"
UV_LOCK = ROOT / "requirements-uv.lock"


def venv_version(venv: Path = VENV) -> str:
    """The version that `venv` was made for; empty when there is none that runs."""
    try:
        lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    settings = dict(line.partition(" = ")[::2] for line in lines)
    version = settings.get("version_info") or settings.get("version", "")
    return version if _python(venv).exists() else ""


def install(lock: Path, venv: Path = VENV) -> None:
    """Install `lock` into `venv`, which is made when there is none.

    Packages beyond the lock stay: the tests' environment also serves `make run`. pip takes over
    where uv fails, since a machine's mirror and certificates may be told to pip alone.
    """
    uv = _find_uv() or _fetch_uv()
    if uv:
        try:
            _install_with_uv(uv, lock, venv)
        except SetupError as error:
            say(f"{error}\nsetup: trying again with pip")
            _install_with_pip(lock, venv)
    else:
        _install_with_pip(lock, venv)


def add_client(venv: Path = VENV) -> None:
    """Have the environment find the Python client where it is, as an editable install would."""
    for packages in venv.glob("lib/python*/site-packages"):
        (packages / "iaqverse-client.pth").write_text(f"{CLIENT}\n", encoding="utf-8")


def _install_with_uv(uv: Path, lock: Path, venv: Path) -> None:
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    if not venv_version(venv):
        make = [str(uv), "--quiet", "venv", "--clear", "--python", sys.executable, str(venv)]
        run(make, environment=environment)
    put = [str(uv), "--quiet", "pip", "install", "--python", str(_python(venv)), "--require-hashes"]
    run([*put, "-r", str(lock)], environment=environment)


def _install_with_pip(lock: Path, venv: Path) -> None:
    python = str(_python(venv))
    if not venv_version(venv):
        run([sys.executable, "-m", "venv", "--clear", str(venv)])
    if not list(venv.glob("lib/python*/site-packages/pip")):  # one that uv made has none
        run([python, "-m", "ensurepip"])
    run([python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)])


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def require_uv() -> Path:
    """The program uv, for writing lock files; raises `SetupError` where it cannot be had."""
    uv = _find_uv() or _fetch_uv()
    if uv is None:
        raise SetupError("lock files are written by uv, which could not be installed")
    return uv


def _find_uv() -> Path | None:
    found = shutil.which("uv")
    if found:
        return Path(found)
    kept = TOOLS / "bin" / "uv"
    return kept if kept.exists() else None


def _fetch_uv() -> Path | None:
    """Put uv into `.tools`; None means that pip alone has to do.

    `--target` touches no system package, so an externally managed Python allows it.
    """
    _ensure_pip()
    if importlib.util.find_spec("pip") is None:
        return None
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS)]
    try:
        run([*fetch, "--upgrade", "--require-hashes", "-r", str(UV_LOCK)])
    except SetupError as error:
        say(f"{error}\nsetup: going on with pip, which is slower")
        return None
    return _find_uv()


def _ensure_pip() -> None:
    """Debian ships Python without pip and venv; one of the two must be there."""
    if importlib.util.find_spec("pip") or importlib.util.find_spec("ensurepip"):
        return
    if not can_apt():
        raise SetupError("this Python has neither pip nor venv: install python3-venv")
    apt_install("python3-venv", "python3-pip")
    importlib.invalidate_caches()
