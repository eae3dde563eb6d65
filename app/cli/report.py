"""What the commands say: results on stdout, the rest on stderr."""

import sys

from pydantic import ValidationError


class RefusedError(Exception):
    """The command was understood and cannot be done; the message says why."""


def result(text: str) -> None:
    """For programs: alone on stdout."""
    print(text)  # noqa: T201  (the command line speaks by printing)


def note(text: str) -> None:
    """For people."""
    print(text, file=sys.stderr)  # noqa: T201  (as above)


def explain_settings(error: ValidationError) -> str:
    """Every wrong setting at once, a sentence each; values are not repeated: some are secrets."""
    return "\n".join(
        f"{'.'.join(str(part) for part in problem['loc']).upper() or 'settings'}: "
        f"{problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    )
