"""What every conversation has, whatever it is about: deadlines, renewal, answers to what is bad.

A value machine: text and `now` in, effects out. It knows no socket and no clock. Times are seconds
on one monotonic clock, the token's end too.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from app.errors import GatewayError
from app.protocol.closes import CloseCode
from app.protocol.commands import Auth, Vocabulary
from app.protocol.quota import Rate
from app.protocol.topics import Grant

WARNING = 60.0
"""Seconds before its token's end at which a client is told. A token that never had more says so in
the greeting, and no second time."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Send:
    """Text for the client."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Send a ping frame."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """Tell the client that its token ends soon."""


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Verify the token; then `Conversation.renew` and the answer, or `Conversation.complain`."""

    token: str
    identifier: object


@dataclass(frozen=True, slots=True)
class Rules:
    """What is the same for every conversation: times in seconds, counts per connection."""

    heartbeat: float
    idle_timeout: float
    slow_timeout: float
    """How long a connection may go without reading while messages wait for it."""
    max_topics: int
    max_bad_commands: int
    max_batch: int
    """Measurements in one frame of a device."""
    max_depth: int
    """Levels of JSON in what a device sends."""
    message_rate: Rate


class Conversation(ABC):
    """Begins with what is due when; its kind says what a command does."""

    __slots__ = ("_bad", "_expires_at", "_heartbeat_at", "_rules", "_warned")

    vocabulary: ClassVar[Vocabulary[Any]]
    _warned: bool

    def __init__(self, rules: Rules, *, now: float, expires_at: float, lifetime: float) -> None:
        """`lifetime` is the token's whole life, from its issue to its end."""
        self._rules = rules
        self._bad = 0
        self._heartbeat_at = now + rules.heartbeat
        self._expire(expires_at, lifetime)

    def receive(self, text: str, now: float) -> list[Any]:  # noqa: ARG002  (a kind may count by it)
        """Answer one message of the client; effects, in order."""
        identifier: object = None
        try:
            command = self.vocabulary.parse(text)
            identifier = command.id
            if isinstance(command, Auth):
                return [Authenticate(command.token, identifier)]
            effects = self._obey(command)
        except GatewayError as error:
            return self.complain(error, identifier)
        self._bad = 0
        return effects

    def tick(self, now: float, last_heard: float) -> list[Any]:
        """What is due at `now`, given when the last frame of any kind came in."""
        if now >= self._expires_at:
            return [Close(CloseCode.TOKEN_ENDED, "the token expired")]
        if now - last_heard >= self._rules.idle_timeout:
            return [Close(CloseCode.IDLE, "nothing was heard")]
        due: list[Any] = []
        if not self._warned and now >= self._expires_at - WARNING:
            self._warned = True
            due.append(Expiring())
        if now >= self._heartbeat_at:
            self._heartbeat_at = now + self._rules.heartbeat
            due.append(Heartbeat())
        return due

    def renew(self, grant: Grant, *, expires_at: float, lifetime: float) -> list[Any]:  # noqa: ARG002  (a kind may go by it)
        """Another token from here on: its end counts at once, earlier or later, and its grant."""
        self._bad = 0
        self._expire(expires_at, lifetime)
        return []

    def complain(self, error: GatewayError, identifier: object) -> list[Any]:
        """Say what went wrong. What cannot be retried is a bad command; so many in a row end it."""
        told = {"code": error.code, "message": error.message, "retryable": error.retryable}
        complaint = Send(answer("error", identifier, **(told | error.details)))
        if error.retryable:
            return [complaint]
        self._bad += 1
        if self._bad < self._rules.max_bad_commands:
            return [complaint]
        return [complaint, Close(CloseCode.BAD_COMMANDS, "repeated bad commands")]

    @abstractmethod
    def _obey(self, command: Any) -> list[Any]:
        """Raise `GatewayError` for what cannot be done; then nothing has changed."""

    def _expire(self, expires_at: float, lifetime: float) -> None:
        self._expires_at = expires_at
        self._warned = lifetime <= WARNING


def answer(kind: str, identifier: object, **members: object) -> bytes:
    """A message of the gateway's; `identifier` is that of the command it answers, None for none."""
    return _encode(answered(kind, identifier, **members))


def answered(kind: str, identifier: object, **members: object) -> dict[str, object]:
    echoed = {} if identifier is None else {"id": identifier}
    return {"type": kind, **members, **echoed}
