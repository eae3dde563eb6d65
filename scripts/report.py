"""How the setup speaks: one line a step, and failures with what the program said."""

import subprocess
import sys
from collections.abc import Mapping, Sequence


class SetupError(Exception):
    """A step failed for good; the message says what a person can do."""


def say(line: str) -> None:
    sys.stderr.write(f"setup: {line}\n")


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> None:
    """Run a command quietly; raises `SetupError` with the end of its output when it fails."""
    try:
        done = subprocess.run(  # noqa: S603  (commands are spelled out in this folder)
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-20:])
        raise SetupError(f"{' '.join(command[:4])} … failed:\n{tail}")
