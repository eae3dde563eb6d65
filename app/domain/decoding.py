"""JSON bodies into typed values, with errors that say where and never what was sent."""

import re
from typing import TypeVar

import msgspec

from app.errors import BadRequestError, InvalidInputError

T = TypeVar("T")

_PATH = re.compile(r" - at `(\$[^`]*)`")
_ECHO = re.compile(r"(unknown field|[Ii]nvalid enum value|[Ii]nvalid value) [`'\"].*?[`'\"]")


def decode(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    """Raise `BadRequestError` for what is no JSON, `InvalidInputError` for a broken schema."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise _without_input(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError("the body is not valid JSON (numbers must be finite)") from error


def _without_input(explanation: str) -> InvalidInputError:
    """Unknown names and values are quoted by msgspec; its paths (`$.values[...]`) are not input."""
    path = _PATH.search(explanation)
    message = _ECHO.sub(lambda found: found[1], _PATH.sub("", explanation))
    field = path[1].removeprefix("$").removeprefix(".") if path else ""
    return InvalidInputError(message, field=field) if field else InvalidInputError(message)
