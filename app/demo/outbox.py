"""What waits to be sent: a device keeps its readings while the gateway is away, up to a bound."""

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from app.demo.events import Publication
from app.demo.link import Link, Reply, error_code
from app.demo.wire import Body

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

    def count_ingest(self, items: list[Body], reply: Reply) -> list[Body]:
        """Every item counts once, whatever the answer looks like, but for those that a limit held
        back: they are to be sent again.
        """
        if not reply.ok:
            self.refused[reply.code] += len(items)
            return []
        results: Any = reply.body.get("results") if isinstance(reply.body, dict) else None
        if len(items) == 1 and results is None:
            results = [reply.body]
        if not isinstance(results, list):
            results = []
        held_back = []
        for item, result in zip_longest(items, results[: len(items)]):
            if _retry_after(result) is None:
                self._count_result(result)
            else:
                held_back.append(item)
        return held_back

    def _count_result(self, result: Any) -> None:
        status = result.get("status") if isinstance(result, dict) else None
        if status == "stored":
            self.stored += 1
        elif status == "duplicate":
            self.duplicate += 1
        else:
            self.refused[error_code(result) or "unclear_answer"] += 1


async def post_measurements(link: Link, items: list[Body]) -> Reply | None:
    """One alone goes as the documented object, more as an array.

    Where a limit held some back, the link waits as long as it is told to.
    """
    reply = await link.post("/api/ingest", items[0] if len(items) == 1 else items)
    results = reply.body.get("results") if reply and isinstance(reply.body, dict) else None
    if isinstance(results, list):
        told = [seconds for each in results if (seconds := _retry_after(each)) is not None]
        if told:
            link.wait("rate_limited", max(told))
    return reply


def _retry_after(result: Any) -> float | None:
    """Seconds after which an item may be sent again; None where it is decided upon."""
    error = result.get("error") if isinstance(result, dict) else None
    seconds = error.get("retry_after") if isinstance(error, dict) else None
    return seconds if isinstance(seconds, int | float) else None


class Readings:
    """One sensor's measurements on their way."""

    def __init__(self, tally: Tally, bound: int = MOST_MEASUREMENTS) -> None:
        self._tally = tally
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
            for _ in batch:
                self._waiting.popleft()
            self._waiting.extendleft(reversed(self._tally.count_ingest(batch, reply)))


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
