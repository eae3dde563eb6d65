"""What a client may say on the socket, parsed and validated from the text of one message."""

from typing import Annotated

import msgspec

from app.errors import BadRequestError, GatewayError, InvalidInputError

Identifier = Annotated[str, msgspec.Meta(max_length=64)] | int
"""Echoed in the answer so that a client can pair the two."""
Topics = Annotated[list[str], msgspec.Meta(min_length=1, max_length=128)]


class Subscribe(msgspec.Struct, tag_field="type", tag="subscribe", frozen=True):
    topics: Topics
    after: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """A position: first what came after it, then live."""
    id: Identifier | None = None


class Unsubscribe(msgspec.Struct, tag_field="type", tag="unsubscribe", frozen=True):
    topics: Topics
    id: Identifier | None = None


class Ping(msgspec.Struct, tag_field="type", tag="ping", frozen=True):
    id: Identifier | None = None


Command = Subscribe | Unsubscribe | Ping


class _Envelope(msgspec.Struct):
    type: str | None = None
    id: Identifier | None = None


_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_decode_envelope = msgspec.json.Decoder(_Envelope).decode
TYPES = ("subscribe", "unsubscribe", "ping")


class UnknownCommandError(InvalidInputError):
    code = "unknown_command"


def parse(text: str) -> Command:
    """Raise `BadRequestError`, `UnknownCommandError` or `InvalidInputError`.

    The error carries the message's `id` in its details where it could be read.
    """
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise _explained(text) from error


def _explained(text: str) -> GatewayError:
    try:
        envelope = _decode_envelope(text)
    except (msgspec.ValidationError, UnicodeError):
        return InvalidInputError("a message is an object with a `type`; `id` is text or a number")
    except (msgspec.MsgspecError, RecursionError):
        return BadRequestError("a message is one JSON object")
    details = {} if envelope.id is None else {"id": envelope.id}
    if envelope.type not in TYPES:
        return UnknownCommandError(f"`type` is one of {', '.join(TYPES)}", **details)
    if envelope.type == "ping":
        return InvalidInputError("`ping` takes an optional `id`", **details)
    message = f"`{envelope.type}` takes `topics`, a list of 1 to 128 texts"
    if envelope.type == "subscribe":
        message += ", and `after`, a position"
    return InvalidInputError(message, **details)
