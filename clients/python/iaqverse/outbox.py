"""What waits to be sent: a device keeps its readings while the gateway is away, up to a bound."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from iaqverse.link import Link, Reply
from iaqverse.verdicts import Verdict, held_back, verdicts
from iaqverse.wire import Body, Publication

BATCH = 100
"""Measurements in one POST at most."""
MOST_MEASUREMENTS = 1_200
"""Of one sensor: an hour at a reading every three seconds. The oldest go first, and are counted."""
MOST_PUBLICATIONS = 200


@dataclass(slots=True)
class Tally:
    """What became of everything that was sent, by reason."""

    stored: int = 0
    duplicate: int = 0
    published: int = 0
    dropped: int = 0
    """Never sent: the gateway was away for too long."""
    refused: Counter[str] = field(default_factory=Counter)
    """By error code."""

    @property
    def answered(self) -> int:
        """How many measurements the gateway has decided upon."""
        return self.stored + self.duplicate + self.refused.total()

    def count(self, decided: Iterable[Verdict]) -> None:
        """But for those that a limit held back: they are to be sent again."""
        for verdict in decided:
            if verdict.status == "stored":
                self.stored += 1
            elif verdict.status == "duplicate":
                self.duplicate += 1
            elif verdict.status == "refused":
                self.refused[verdict.code] += 1


async def post_measurements(link: Link, items: list[Body]) -> Reply | None:
    """One alone goes as the documented object, more as an array.

    Where a limit held some back, the link waits as long as it is told to.
    """
    reply = await link.post("/api/ingest", items[0] if len(items) == 1 else items)
    if reply is not None:
        decided = verdicts(len(items), reply)
        told = [each.retry_after for each in decided if each.status == "held_back"]
        if told:
            link.wait("rate_limited", max(told))
    return reply


Refused = Callable[[Body, Verdict], None]


class Readings:
    """Measurements on their way; `refused` is told of each that the gateway will never take."""

    def __init__(
        self, tally: Tally, bound: int = MOST_MEASUREMENTS, refused: Refused = lambda *_: None
    ) -> None:
        self._tally = tally
        self._refused = refused
        self._waiting: deque[Body] = deque(maxlen=bound)

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, item: Body) -> None:
        self._tally.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(item)

    async def flush(self, link: Link) -> None:
        """Send all, oldest first; what cannot be sent now stays."""
        while self._waiting:
            batch = [self._waiting[index] for index in range(min(BATCH, len(self._waiting)))]
            reply = await post_measurements(link, batch)
            if reply is None:
                return
            decided = verdicts(len(batch), reply)
            self._tally.count(decided)
            for item, verdict in zip(batch, decided, strict=True):
                self._waiting.popleft()
                if verdict.status == "refused":
                    self._refused(item, verdict)
            self._waiting.extendleft(reversed(held_back(batch, decided)))


class News:
    """The service's publications on their way."""

    def __init__(self, tally: Tally, bound: int = MOST_PUBLICATIONS) -> None:
        self._tally = tally
        self._waiting: deque[Publication] = deque(maxlen=bound)

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, publication: Publication) -> None:
        self._tally.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(publication)

    async def flush(self, link: Link) -> None:
        while self._waiting:
            reply = await link.post(f"/api/publish/{self._waiting[0].topic}", self._waiting[0].body)
            if reply is None:
                return
            self._waiting.popleft()
            if reply.ok:
                self._tally.published += 1
            else:
                self._tally.refused[reply.code] += 1
