"""What the gateway asks of a store. Every backend passes `tests/storage/test_store.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.model import Position, Publication, RoutingKey
from app.protocol.topics import Selection


@dataclass(frozen=True, slots=True)
class Draft:
    """A publication that has no place in its tenant's order yet."""

    tenant: str
    key: RoutingKey
    time_ms: int
    """When it was true, as its sender says."""
    received_ms: int
    head: bytes
    """Its JSON object up to the closing brace; the store's answer completes it with a position."""
    identity: bytes = b""
    """What makes two measurements of one sensor and time the same; compared, never parsed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The draft is durable, or was already: then `duplicate`, with the first one's publication."""

    publication: Publication
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """Another measurement of this sensor and time is kept already; this one is not."""


Outcome = Kept | Taken
Committed = Callable[[Sequence[Publication]], None]
"""Called on the event loop with what one commit kept, in order, before its senders are answered."""


@dataclass(frozen=True, slots=True)
class Period:
    """Measurements from `start_ms` (included) to `end_ms` (excluded)."""

    start_ms: int
    end_ms: int
    step_ms: int = 0
    """0 for the raw records, else the width of a bucket, aligned to the epoch (UTC)."""
    enseigne: str | None = None
    salle: str | None = None
    sensor_id: str | None = None
    limit: int = 1_000
    """The newest ones win; the answer is in ascending order all the same."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One sensor's means over one step."""

    start_ms: int
    key: RoutingKey
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tenant:
    name: str
    created_ms: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class Device:
    tenant: str
    name: str
    sensors: tuple[str, ...]
    token_id: str
    expires_at: int
    created_ms: int
    revoked: bool


@dataclass(frozen=True, slots=True)
class Denied:
    """Who is shut out at the moment."""

    tenants: frozenset[str]
    tokens: dict[str, int]
    """Revoked ones that have not ended yet: id → end, in seconds since the epoch."""


class Store(Protocol):
    @property
    def waiting(self) -> int:
        """Drafts between their senders and the next commit."""

    async def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Commit the drafts, durably, in order, together with whatever else waits.

        An outcome per draft. Raise `UnavailableError` when nothing of it was kept.
        """

    async def position(self, tenant: str) -> Position:
        """The newest position (sequence 0 before the first publication).

        Answered in order with the commits: what `committed` is called with after the answer comes
        after it.
        """

    async def after(
        self, tenant: str, sequence: int, selection: Selection, limit: int
    ) -> list[Publication]:
        """The oldest `limit` publications after a sequence that the selection matches."""

    async def newest(self, tenant: str, selection: Selection, limit: int) -> list[Publication]:
        """The newest `limit` publications that the selection matches, in ascending order."""

    async def measurements(
        self, tenant: str, period: Period, selection: Selection
    ) -> list[Publication]: ...

    async def buckets(self, tenant: str, period: Period, selection: Selection) -> list[Bucket]: ...

    async def denied(self) -> Denied: ...

    async def check(self) -> None:
        """Raise `UnavailableError` if the store would not keep anything now."""

    async def close(self) -> None:
        """Commit what waits, then let go."""
