"""A folder to run commands in, with a signing key."""

from pathlib import Path

import pytest

from auth.keys import create_key
from tests.cli.command import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    create_key(shell.state / "keys")
    return shell
