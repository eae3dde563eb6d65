"""What a connection has been sent, and what it is still owed when it asks for `after`."""

from collections.abc import Iterable, Mapping

from app.model import RoutingKey
from app.protocol.topics import Selection, TopicFilter


class Coverage:
    """For each topic of a connection, the sequence after which all it matches has been sent."""

    __slots__ = ("_after",)

    def __init__(self, topics: Iterable[TopicFilter], sequence: int) -> None:
        self._after = dict.fromkeys(topics, sequence)

    def choose(self, topics: Iterable[TopicFilter], sequence: int) -> None:
        """The connection's topics are these now; those that are new get what comes next."""
        self._after = {topic: self._after.get(topic, sequence) for topic in topics}

    def replay(self, topics: frozenset[TopicFilter], after: int, live_from: int) -> "Replay":
        """Owe it what these topics, chosen already, match after a sequence.

        `live_from` is the sequence from which on it is sent everything anyway.
        """
        until = max(self._after[topic] for topic in topics)
        replay = Replay(topics, dict(self._after), min(until, live_from - 1), live_from)
        self._after |= dict.fromkeys(topics, after)
        return replay


class Replay:
    """What is owed of the past: what was asked for and has not been sent on this connection yet."""

    __slots__ = ("_sent_after", "live_from", "topics", "until")

    def __init__(
        self,
        topics: frozenset[TopicFilter],
        sent_after: Mapping[TopicFilter, int],
        until: int,
        live_from: int,
    ) -> None:
        self.topics = topics
        self._sent_after = sent_after
        self.until = until
        """Sequence of the last publication that may be owed."""
        self.live_from = live_from

    def wants(self, sequence: int, key: RoutingKey, selection: Selection) -> bool:
        """`selection` is the connection's now: what it unsubscribed from meanwhile is not sent."""
        return (
            selection.grant.allows(key)
            and any(topic in selection.chosen and topic.matches(key) for topic in self.topics)
            and not any(
                after < sequence and topic.matches(key) for topic, after in self._sent_after.items()
            )
        )
