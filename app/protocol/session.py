"""One dashboard's conversation as a value machine: text and `now` in, effects out.

It knows no socket, no clock and no hub. Times are seconds on one monotonic clock, but for
`expires_at`, which the caller gives on that same clock.
"""

from dataclasses import dataclass

import msgspec

from app.errors import ForbiddenError, GatewayError, InvalidInputError
from app.protocol.closes import CloseCode
from app.protocol.commands import Ping, Subscribe, Unsubscribe, parse
from app.protocol.quota import Quota, Rate
from app.protocol.topics import Grant, Selection, TopicFilter, parse_filters, written

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Send:
    """Text for the client."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Select:
    """From here on the connection belongs to the audience of this selection."""

    selection: Selection


@dataclass(frozen=True, slots=True)
class Resume:
    """Select; where `after` is given, replay what `topics` match after it; then answer.

    Only the hub knows positions: the answer gets `position`, and for `after` `recovered`.
    """

    selection: Selection
    topics: frozenset[TopicFilter]
    after: str | None
    answer: dict[str, object]


@dataclass(frozen=True, slots=True)
class Close:
    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Send a ping frame."""


Effect = Send | Select | Resume | Close | Heartbeat


@dataclass(frozen=True, slots=True)
class Rules:
    """What is the same for every session: times in seconds, counts per connection."""

    heartbeat: float
    idle_timeout: float
    slow_timeout: float
    """How long a connection may go without reading while messages wait for it."""
    max_topics: int
    max_bad_commands: int
    message_rate: Rate


class ReplayingError(GatewayError):
    code = "replaying"
    retryable = True


class Session:
    __slots__ = (
        "_bad",
        "_expires_at",
        "_heartbeat_at",
        "_quota",
        "_rules",
        "replaying",
        "selection",
    )

    def __init__(
        self, rules: Rules, selection: Selection, *, now: float, expires_at: float
    ) -> None:
        self._rules = rules
        self._quota = Quota(rules.message_rate)
        self._bad = 0
        self._expires_at = expires_at
        self._heartbeat_at = now + rules.heartbeat
        self.selection = selection
        self.replaying = False
        """Set by the owner while a replay is under way: there is one at a time."""

    def receive(self, text: str, now: float) -> list[Effect]:
        """Answer one message of the client."""
        wait = self._quota.spend(now)
        if wait:
            return [Close(CloseCode.TOO_MANY_MESSAGES, f"retry_after={int(wait) + 1}")]
        identifier: object = None
        try:
            command = parse(text)
            identifier = command.id
            effects = self._obey(command)
        except GatewayError as error:
            return self._complain(error, identifier)
        self._bad = 0
        return effects

    def tick(self, now: float, last_heard: float) -> list[Effect]:
        """What is due at `now`, given when the last frame of any kind came in."""
        if now >= self._expires_at:
            return [Close(CloseCode.TOKEN_ENDED, "the token expired")]
        if now - last_heard >= self._rules.idle_timeout:
            return [Close(CloseCode.IDLE, "nothing was heard")]
        if now >= self._heartbeat_at:
            self._heartbeat_at = now + self._rules.heartbeat
            return [Heartbeat()]
        return []

    def _obey(self, command: Subscribe | Unsubscribe | Ping) -> list[Effect]:
        if isinstance(command, Ping):
            return [_answer("pong", command.id)]
        topics = parse_filters(command.topics)
        if isinstance(command, Subscribe):
            return [self._subscribe(command, topics)]
        chosen = self.selection.chosen - topics
        self.selection = Selection(chosen, self.selection.grant)
        return [
            Select(self.selection),
            _answer("unsubscribed", command.id, topics=written(chosen)),
        ]

    def _subscribe(self, command: Subscribe, topics: frozenset[TopicFilter]) -> Resume:
        chosen = admitted(topics, self.selection.grant) | self.selection.chosen
        if len(chosen) > self._rules.max_topics:
            raise InvalidInputError(f"a connection has at most {self._rules.max_topics} topics")
        if command.after is not None and self.replaying:
            raise ReplayingError("a replay is under way: ask again when it has ended")
        self.selection = Selection(chosen, self.selection.grant)
        answer = _members("subscribed", command.id, topics=written(chosen))
        return Resume(self.selection, topics, command.after, answer)

    def _complain(self, error: GatewayError, identifier: object) -> list[Effect]:
        complaint = _answer(
            "error",
            error.details.get("id", identifier),
            code=error.code,
            message=error.message,
            retryable=error.retryable,
        )
        if error.retryable:
            return [complaint]
        self._bad += 1
        if self._bad < self._rules.max_bad_commands:
            return [complaint]
        return [complaint, Close(CloseCode.BAD_COMMANDS, "repeated bad commands")]


def admitted(topics: frozenset[TopicFilter], grant: Grant) -> frozenset[TopicFilter]:
    """The topics themselves, or `ForbiddenError` if one could never show anything.

    `all` is always admitted: it means all that the grant lets through.
    """
    if not all(grant.reaches(topic) for topic in topics):
        raise ForbiddenError("the token does not grant one of these topics")
    return topics


def _answer(kind: str, identifier: object, **members: object) -> Send:
    return Send(_encode(_members(kind, identifier, **members)))


def _members(kind: str, identifier: object, **members: object) -> dict[str, object]:
    echoed = {} if identifier is None else {"id": identifier}
    return {"type": kind, **members, **echoed}
