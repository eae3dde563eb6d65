"""A service: publishes predictions, actions, alerts and states of modules."""

from pathlib import Path

from iaqverse.link import GetToken
from iaqverse.outbox import MOST_PUBLICATIONS, News, Tally
from iaqverse.sender import Sender
from iaqverse.wire import Body, Publication


class Publisher(Sender):
    """`token` is a service's. What is published without an id may come twice after a failure.

    Of more than `bound` that wait, the oldest goes; `tally.dropped` counts them.
    """

    def __init__(
        self,
        url: str,
        token: str | GetToken,
        *,
        ca: Path | None = None,
        bound: int = MOST_PUBLICATIONS,
    ) -> None:
        self.tally = Tally()
        self._news = News(self.tally, bound)
        super().__init__(url, token, ca, self._news)

    def publish(self, topic: str, body: Body) -> None:
        """Take it on; returns at once. `body` is as docs/protocol.md §3.2 has it."""
        self._news.put(Publication(topic, body))
        self._wake()
