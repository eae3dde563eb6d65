"""The judges, or a word that what they judge was not judged."""

import shutil
from pathlib import Path

import pytest

from scripts import audit_tools


def tool(name: str) -> str:
    """A program of requirements-audit.lock."""
    return _found(audit_tools.program(name), name)


def testssl() -> str:
    return _found(audit_tools.find_testssl(), "testssl.sh")


def pebble(name: str) -> str:
    """The authority for tests, or its name server."""
    path = audit_tools.PEBBLE / name
    return _found(path if path.exists() else None, name)


def system(name: str) -> str:
    """A program of this machine."""
    found = shutil.which(name)
    return _found(Path(found) if found else None, name)


def _found(path: Path | None, name: str) -> str:
    if path is None:
        pytest.skip(f"{name} could not be had")
    return str(path)
