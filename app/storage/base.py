"""What the gateway asks of a store. Every backend passes `tests/storage/test_store.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from app.histogram import Histogram
from app.model import Position, Publication, RoutingKey, is_backlog
from app.protocol.topics import Selection
from app.storage.sql import Work

T = TypeVar("T")

APPENDED_AT_ONCE = 1_000
"""Drafts in one `append` of those who may have any number: a store refuses what would fill it."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What a sensor measured at one time."""

    values: Mapping[str, int | float]
    """At least one, as `app.iaq.message.in_order` writes them."""
    score: int | None


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A publication that has no place in its tenant's order yet."""

    tenant: str
    key: RoutingKey
    time_ms: int
    """When it was true, as its sender says."""
    received_ms: int
    head: bytes
    """Its JSON object up to the closing brace; the store's answer completes it with a position."""
    reading: Reading | None = None
    """Of a measurement, and of nothing else; its key then names sensor and place, and its head is
    what `app.iaq.message.measurement_head` makes of it: a store keeps only the reading."""
    trace: str = ""
    """Passed on to the publication, and not kept."""

    @property
    def backlog(self) -> bool:
        return self.reading is not None and is_backlog(self.time_ms, self.received_ms)


class Kept(msgspec.Struct, frozen=True, gc=False):
    """The draft is durable, or was already: then `duplicate`, with the first one's publication."""

    publication: Publication
    duplicate: bool = False


class Taken(msgspec.Struct, frozen=True, gc=False):
    """Another measurement of this sensor and time is kept already; this one is not."""


class Past(msgspec.Struct, frozen=True, gc=False):
    """Its time is before what is kept: whether it was there once cannot be told any more."""


Outcome = Kept | Taken | Past
Committed = Callable[[Sequence[Publication]], None]
"""Called on the event loop with what one commit kept, in order, before its senders are answered."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a store has of a tenant's order."""

    newest: Position
    oldest: int
    """The sequence of the oldest publication that is kept, or will be."""


MINUTE_MS, HOUR_MS, DAY_MS, WEEK_MS = 60_000, 3_600_000, 86_400_000, 604_800_000
_FIRST_MONDAY_MS = 4 * DAY_MS


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page of history ended; the next one holds what is before it."""

    time_ms: int
    tie: tuple[str, ...]
    """Among what is of one time: a position's sequence, or sensor, site and room of a bucket."""


@dataclass(frozen=True, slots=True)
class Period:
    """Measurements from `start_ms` (included) to `end_ms` (excluded); whole steps where stepped."""

    start_ms: int
    end_ms: int
    step_ms: int = 0
    """0 for the raw records, else the width of a bucket, aligned to the epoch (UTC), to Monday
    for a week. A step of an hour or more is a multiple of an hour, of a day or more of a day."""
    enseigne: str | None = None
    salle: str | None = None
    sensor_id: str | None = None
    limit: int = 1_000
    """The newest ones win; the answer is in ascending order all the same."""
    before: Page | None = None

    def step_of(self, time_ms: int) -> int:
        """The beginning of the step that a time lies in."""
        return (time_ms - self.offset_ms) // self.step_ms * self.step_ms + self.offset_ms

    @property
    def offset_ms(self) -> int:
        return 0 if self.step_ms % WEEK_MS else _FIRST_MONDAY_MS % self.step_ms


@dataclass(frozen=True, slots=True)
class Bucket:
    """One sensor's means over one step, at one place."""

    start_ms: int
    key: RoutingKey
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days something is kept; 0 is for ever.

    Publications count from when they were received, means from the beginning of their step.
    """

    raw_days: int = 0
    hourly_days: int = 0
    daily_days: int = 0

    def narrowed(self, days: Sequence[int | None]) -> "Retention":
        """With a tenant's own days, in this order, where it has any."""
        usual = (self.raw_days, self.hourly_days, self.daily_days)
        return Retention(
            *(each if own is None else own for own, each in zip(days, usual, strict=True))
        )

    def ends_ms(self, now_ms: int) -> tuple[int, int, int]:
        """Before which time publications, hourly and daily means are past; 0 is for ever.

        Means outlast what they are made of: a step shows no gap where there are measurements.
        """
        raw, hourly, daily = (
            now_ms - days * DAY_MS if days else 0
            for days in (self.raw_days, self.hourly_days, self.daily_days)
        )
        hourly = min(raw, hourly)
        return raw, hourly, min(hourly, daily)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one part of the pruning did."""

    oldest: Mapping[str, int]
    """The tenants that lost publications, with the oldest sequence that each still has."""
    rows: int
    """Publications and means that went."""
    more: bool
    since_ms: int = 0
    """When the oldest publication that any tenant still has was received; 0 without one."""


class PrunedError(Exception):
    """Something after the sequence that was asked for is past its retention."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"kept from {oldest} on")
        self.oldest = oldest
        """The sequence of the oldest publication that is kept, or will be."""


class NewerSchemaError(Exception):
    """A newer gateway wrote what is kept; an older one would lose what it does not know."""

    def __init__(self, taken: int, known: int) -> None:
        super().__init__(f"schema {taken} is newer than this gateway's {known}")


class Writing(Protocol):
    """What the one that writes counts."""

    waiting: int
    """Drafts between their senders and the next commit."""
    commits: Histogram
    """How long each took."""
    failed: int
    """Requests that the database did not keep."""
    refused: int
    """Requests that were too many to wait."""


class Store(Protocol):
    @property
    def writer(self) -> Writing: ...

    async def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Commit the drafts, durably, in order, together with whatever else waits.

        An outcome per draft. Raise `UnavailableError` when nothing of it was kept.
        """

    async def position(self, tenant: str) -> Position:
        """The newest position (sequence 0 before the first publication).

        Answered in order with the commits: what `committed` is called with after the answer comes
        after it.
        """

    async def extents(self, tenants: Sequence[str]) -> Mapping[str, Extent]:
        """Of those tenants that were ever seen, at this moment, whichever gateway wrote.

        Not in order with the commits of this one: `committed` may be about to be called with them.
        """

    async def oldest(self, tenant: str) -> int:
        """The sequence of the oldest publication that is kept, or will be: 1 at first."""

    async def after(
        self, tenant: str, sequence: int, selection: Selection, limit: int
    ) -> list[Publication]:
        """The oldest `limit` publications after a sequence that the selection matches.

        Raise `PrunedError` when one after it is kept no more: never a silent part.
        """

    async def newest(self, tenant: str, selection: Selection, limit: int) -> list[Publication]:
        """The newest `limit` publications that the selection matches, in ascending order."""

    async def measurements(
        self, tenant: str, period: Period, selection: Selection, after: int | None = None
    ) -> list[Publication]:
        """The newest ones, by their own time and then by position.

        With `after`, a sequence: the oldest ones after it, by position; raise `PrunedError` as
        the method `after` does.
        """

    async def buckets(self, tenant: str, period: Period, selection: Selection) -> list[Bucket]:
        """By time, then by sensor, site and room. A step without a measurement has none."""

    async def roll_up(self) -> int:
        """Take a small part of what is new into the hourly and daily means.

        How many publications are left. `buckets` counts what has not been taken in yet by itself.
        """

    async def prune(self, default: Retention, now_ms: int) -> Pruned:
        """Let go of a small part of what is past its retention, the tenant's own or the default.

        Publications go in the order of their positions, and not before they were rolled up.
        """

    async def transact(self, work: Work[T]) -> T:
        """Do work on records and make it durable, together with whatever else waits.

        Work that raises keeps nothing and fails alone. It runs on the thread that writes, so it
        must be short. Raise `UnavailableError` as `append` does.
        """

    async def consult(self, work: Work[T]) -> T:
        """Work that only reads records, all of one moment; nothing it changes is kept."""

    async def replaced(self) -> bool:
        """Whether another store is where the opened one was: put back, or begun anew.

        What is held of it in memory means nothing then.
        """

    async def check(self) -> None:
        """Raise `UnavailableError` if the store would not keep anything now."""

    async def close(self) -> None:
        """Commit what waits, then let go."""
