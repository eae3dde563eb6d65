"""The judges, or a word that what they judge was not judged."""

from pathlib import Path

import pytest

from scripts import audit_tools


def tool(name: str) -> str:
    """A program of requirements-audit.lock."""
    return _found(audit_tools.program(name), name)


def testssl() -> str:
    found = audit_tools.TESTSSL if audit_tools.TESTSSL.exists() else None
    return _found(found, "testssl.sh")


def _found(path: Path | None, name: str) -> str:
    if path is None:
        pytest.skip(f"{name} could not be had")
    return str(path)
