"""What a connection has been sent, and what it is still owed when it asks for `after`."""

from collections.abc import Mapping

from app.model import RoutingKey
from app.protocol.topics import Selection, TopicFilter


class Coverage:
    """For each topic of a connection, the sequence after which all it matches has been sent.

    That is one sequence for all topics of almost every connection: it is kept as such.
    """

    __slots__ = ("_after", "_topics")

    def __init__(self, topics: frozenset[TopicFilter], sequence: int) -> None:
        self._topics = topics
        self._after: int | Mapping[TopicFilter, int] = sequence

    def choose(self, topics: frozenset[TopicFilter], sequence: int) -> None:
        """The connection's topics are these now; those that are new get what comes next."""
        known = self._by_topic()
        self._topics = topics
        self._keep({topic: known.get(topic, sequence) for topic in topics})

    def replay(self, topics: frozenset[TopicFilter], after: int, live_from: int) -> "Replay":
        """Owe it what these topics, chosen already, match after a sequence.

        `live_from` is the sequence from which on it is sent everything anyway.
        """
        known = self._by_topic()
        until = max(known[topic] for topic in topics)
        self._keep({**known, **dict.fromkeys(topics, after)})
        return Replay(topics, known, min(until, live_from - 1), live_from)

    def _by_topic(self) -> Mapping[TopicFilter, int]:
        after = self._after
        return dict.fromkeys(self._topics, after) if isinstance(after, int) else after

    def _keep(self, by_topic: Mapping[TopicFilter, int]) -> None:
        sequences = set(by_topic.values())
        self._after = sequences.pop() if len(sequences) == 1 else by_topic


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
