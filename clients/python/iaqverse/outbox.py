"""What waits to be sent: a device keeps its readings while the gateway is away, up to a bound."""

import json
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from iaqverse.link import Link, Reply
from iaqverse.verdicts import Verdict, held_back, verdicts
from iaqverse.wire import Body, Publication

BATCH = 100
"""Measurements in one POST at most."""
MOST_MEASUREMENTS = 1_200
"""Of one sensor: an hour at a reading every three seconds. The oldest go first, and are counted."""
MOST_PUBLICATIONS = 200

_OF_THE_MEASUREMENT = frozenset({"unknown_sensor", "wrong_tenant"})
"""What a 403 says about one measurement that was sent alone; any other is about the token."""

log = logging.getLogger("iaqverse")


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
T = TypeVar("T")


class _Waiting(Generic[T]):
    """What waits, up to a bound, and beside it what is just being sent."""

    def __init__(self, tally: Tally, bound: int) -> None:
        self._tally = tally
        self._waiting: deque[T] = deque(maxlen=bound)
        self._under_way: list[T] = []

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    def _add(self, item: T, content: Any) -> None:
        """Raise `ValueError` or `TypeError` for what is no JSON: nothing after it would be sent."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        text.encode()  # half of a surrogate pair is no character
        self._tally.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(item)

    @contextmanager
    def _sending(self, most: int) -> Iterator[list[T]]:
        """The oldest; what is left of the list comes back, as far as there is room by then."""
        self._under_way = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        try:
            yield self._under_way
        finally:
            left, self._under_way = self._under_way, []
            room = (self._waiting.maxlen or 0) - len(self._waiting)
            kept = left[max(0, len(left) - room) :]
            self._tally.dropped += len(left) - len(kept)
            self._waiting.extendleft(reversed(kept))


class Readings(_Waiting[Body]):
    """Measurements on their way; `refused` is told of each that the gateway will never take."""

    def __init__(
        self, tally: Tally, bound: int = MOST_MEASUREMENTS, refused: Refused = lambda *_: None
    ) -> None:
        super().__init__(tally, bound)
        self._refused = refused

    def put(self, item: Body) -> None:
        """Raise `ValueError` or `TypeError` for what is no JSON."""
        self._add(item, item)

    async def flush(self, link: Link) -> None:
        """Send all, oldest first; what cannot be sent now stays.

        Where many are too large together they go in smaller parts.
        """
        most = BATCH
        while self._waiting:
            with self._sending(most) as batch:
                reply = await post_measurements(link, batch)
                if reply is None:
                    return
                if _about_the_token(reply):
                    link.refuse_token(reply.code)
                    return
                if reply.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                    most = len(batch) // 2 or BATCH
                    if len(batch) > 1:
                        continue
                items, decided = list(batch), verdicts(len(batch), reply)
                batch[:] = held_back(items, decided)
            self._tally.count(decided)
            for item, verdict in zip(items, decided, strict=True):
                if verdict.status == "refused":
                    self._tell(item, verdict)

    def _tell(self, item: Body, verdict: Verdict) -> None:
        try:
            self._refused(item, verdict)
        except Exception:
            log.exception("who is told of refused measurements failed")


def _about_the_token(reply: Reply) -> bool:
    """And so about no measurement: in an array each of them has an answer of its own."""
    return reply.status == HTTPStatus.UNAUTHORIZED or (
        reply.status == HTTPStatus.FORBIDDEN and reply.code not in _OF_THE_MEASUREMENT
    )


class News(_Waiting[Publication]):
    """The service's publications on their way."""

    def __init__(self, tally: Tally, bound: int = MOST_PUBLICATIONS) -> None:
        super().__init__(tally, bound)

    def put(self, publication: Publication) -> None:
        """Raise `ValueError` or `TypeError` for what is no JSON."""
        self._add(publication, [publication.topic, publication.body])

    async def flush(self, link: Link) -> None:
        while self._waiting:
            with self._sending(1) as batch:
                topic = quote(batch[0].topic, safe="")
                reply = await link.post(f"/api/publish/{topic}", batch[0].body)
                if reply is None:
                    return
                # A 403 may be about its topic or place: kept, it would hold up all the others.
                if reply.status == HTTPStatus.UNAUTHORIZED:
                    link.refuse_token(reply.code)
                    return
                batch.clear()
            if reply.ok:
                self._tally.published += 1
            else:
                self._tally.refused[reply.code] += 1
