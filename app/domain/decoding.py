"""JSON bodies into typed values, with errors that say where and never what was sent."""

import re
from typing import TypeVar

import msgspec

from app.errors import BadRequestError, InvalidInputError

T = TypeVar("T")

_PATH = re.compile(r" - at (`key` in )?`\$\.?([^`]*)`\Z")
_UNKNOWN_FIELD = "Object contains unknown field"
_WRONG_CHOICE = re.compile(r"\A(Invalid enum value) .*\Z", re.DOTALL)


def decode(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    """Raise `BadRequestError` for what is no JSON, `InvalidInputError` for a broken schema."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _without_input(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("the body is not valid JSON (numbers must be finite)") from error


def _without_input(explanation: str) -> InvalidInputError:
    """Two of msgspec's messages quote input, which may hold anything, even what looks like their
    end: from the quote on, nothing of them is kept. Its paths (`$.values[...]`) are not input.
    """
    if explanation.startswith(_UNKNOWN_FIELD):
        return InvalidInputError(_UNKNOWN_FIELD)
    path = _PATH.search(explanation)
    if path is None:
        return InvalidInputError(_WRONG_CHOICE.sub(r"\1", explanation))
    message = _WRONG_CHOICE.sub(r"\1", explanation[: path.start()])
    return InvalidInputError(f"{message} as a name" if path[1] else message, field=path[2])
