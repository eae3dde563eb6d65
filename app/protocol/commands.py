"""What a client may say on a socket, parsed and validated from the text of one message."""

from collections.abc import Mapping
from typing import Annotated, Generic, TypeVar

import msgspec

from app.errors import BadRequestError, GatewayError, InvalidInputError

MAX_TOKEN = 8_192
"""Characters of a token that anybody reads."""

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


class Auth(msgspec.Struct, tag_field="type", tag="auth", frozen=True):
    token: Annotated[str, msgspec.Meta(max_length=MAX_TOKEN)]
    """Another token of the same subject and tenant, to go on with."""
    id: Identifier | None = None


class Deliver(msgspec.Struct, tag_field="type", tag="ingest", frozen=True):
    id: Identifier
    measurements: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1)]
    """Each is read by itself: a bad one does not spoil the others."""


class _Envelope(msgspec.Struct):
    type: str | None = None
    id: Identifier | None = None


class UnknownCommandError(InvalidInputError):
    code = "unknown_command"


C = TypeVar("C")


class Vocabulary(Generic[C]):
    """The commands of one kind of client."""

    def __init__(self, commands: msgspec.json.Decoder[C], takes: Mapping[str, str]) -> None:
        """`takes` says in words what each command's members are, for who got them wrong."""
        self._decode = commands.decode
        self._takes = takes

    def parse(self, text: str) -> C:
        """Raise `BadRequestError`, `UnknownCommandError` or `InvalidInputError`.

        The error carries the message's `id` in its details where it could be read.
        """
        try:
            return self._decode(text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise self._explained(text) from error

    def _explained(self, text: str) -> GatewayError:
        try:
            envelope = _decode_envelope(text)
        except (msgspec.ValidationError, UnicodeError):
            return InvalidInputError(
                "a message is an object with a `type`; `id` is text or a number"
            )
        except (msgspec.MsgspecError, RecursionError):
            return BadRequestError("a message is one JSON object")
        details = {} if envelope.id is None else {"id": envelope.id}
        takes = self._takes.get(envelope.type or "")
        if takes is None:
            return UnknownCommandError(f"`type` is one of {', '.join(self._takes)}", **details)
        return InvalidInputError(f"`{envelope.type}` takes {takes}", **details)


_decode_envelope = msgspec.json.Decoder(_Envelope).decode

_TOPICS = "`topics`, a list of 1 to 128 texts"
_EVERYONES = {
    "ping": "an optional `id`",
    "auth": "`token`, a text",
}

DASHBOARD = Vocabulary(
    msgspec.json.Decoder(Subscribe | Unsubscribe | Ping | Auth),
    {"subscribe": f"{_TOPICS}, and `after`, a position", "unsubscribe": _TOPICS, **_EVERYONES},
)

DEVICE = Vocabulary(
    msgspec.json.Decoder(Deliver | Ping | Auth),
    {"ingest": "`id` and `measurements`, a list of at least one", **_EVERYONES},
)
