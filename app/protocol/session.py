"""One dashboard's conversation: what it subscribes to, within what its token grants."""

from dataclasses import dataclass

from app.errors import ForbiddenError, GatewayError, InvalidInputError
from app.protocol.closes import CloseCode
from app.protocol.commands import DASHBOARD, Ping, Subscribe, Unsubscribe
from app.protocol.conversation import (
    Authenticate,
    Close,
    Conversation,
    Expiring,
    Heartbeat,
    Rules,
    Send,
    answer,
    answered,
)
from app.protocol.quota import Quota
from app.protocol.topics import Grant, Selection, TopicFilter, parse_filters, written


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


Effect = Send | Select | Resume | Close | Heartbeat | Expiring | Authenticate


class ReplayingError(GatewayError):
    code = "replaying"
    retryable = True


class Session(Conversation):
    __slots__ = ("_quota", "replaying", "selection")

    vocabulary = DASHBOARD

    def __init__(
        self,
        rules: Rules,
        selection: Selection,
        *,
        now: float,
        expires_at: float,
        lifetime: float,
    ) -> None:
        super().__init__(rules, now=now, expires_at=expires_at, lifetime=lifetime)
        self._quota = Quota(rules.message_rate)
        self.selection = selection
        self.replaying = False
        """Set by the owner while a replay is under way: there is one at a time."""

    def receive(self, text: str, now: float) -> list[Effect]:
        wait = self._quota.spend(now)
        if wait:
            return [Close(CloseCode.TOO_MANY_MESSAGES, f"retry_after={int(wait) + 1}")]
        return super().receive(text, now)

    def renew(self, grant: Grant, *, expires_at: float, lifetime: float) -> list[Effect]:
        """Topics that the new token does not grant are not subscribed to any more."""
        super().renew(grant, expires_at=expires_at, lifetime=lifetime)
        if grant == self.selection.grant:
            return []
        chosen = frozenset(filter(grant.reaches, self.selection.chosen))
        self.selection = Selection(chosen, grant)
        return [Select(self.selection)]

    def _obey(self, command: Subscribe | Unsubscribe | Ping) -> list[Effect]:
        if isinstance(command, Ping):
            return [Send(answer("pong", command.id))]
        topics = parse_filters(command.topics)
        if isinstance(command, Subscribe):
            return [self._subscribe(command, topics)]
        chosen = self.selection.chosen - topics
        self.selection = Selection(chosen, self.selection.grant)
        told = answer("unsubscribed", command.id, topics=written(chosen))
        return [Select(self.selection), Send(told)]

    def _subscribe(self, command: Subscribe, topics: frozenset[TopicFilter]) -> Resume:
        chosen = admitted(topics, self.selection.grant) | self.selection.chosen
        if len(chosen) > self._rules.max_topics:
            raise InvalidInputError(f"a connection has at most {self._rules.max_topics} topics")
        if command.after is not None and self.replaying:
            raise ReplayingError("a replay is under way: ask again when it has ended")
        self.selection = Selection(chosen, self.selection.grant)
        told = answered("subscribed", command.id, topics=written(chosen))
        return Resume(self.selection, topics, command.after, told)


def admitted(topics: frozenset[TopicFilter], grant: Grant) -> frozenset[TopicFilter]:
    """The topics themselves, or `ForbiddenError` if one could never show anything.

    `all` is always admitted: it means all that the grant lets through.
    """
    if not all(grant.reaches(topic) for topic in topics):
        raise ForbiddenError("the token does not grant one of these topics")
    return topics
