"""The live connections as operators see them: who, since when, how well; and out with one."""

import heapq
from collections.abc import Iterator
from typing import Protocol

import msgspec

from app.domain.desk import Desk, Live
from app.domain.endings import Ending
from app.model import wire_time
from app.protocol.closes import CloseCode


class Connected(msgspec.Struct, frozen=True):
    """As it is told, made when it is asked for. Times are wire times."""

    id: str
    tenant: str
    subject: str
    role: str
    address: str
    since: str
    token_id: str
    token_issued_at: str
    token_expires_at: str
    topics: list[str]
    messages: int
    """Sent to it, as `bytes`, frames included."""
    bytes: int
    lagging: bool
    round_trip_ms: float | None
    """Of the last ping that was answered."""


class Page(msgspec.Struct, frozen=True):
    connections: list[Connected]
    """By id."""
    total: int
    """How many there are, on all pages."""
    after: str | None
    """Where the next page begins; None: there is none."""


class Connections(Protocol):
    """Of one tenant each time, or of all for None. Several gateways are asked as one.

    `name`: of those alone whose subject begins so.
    """

    async def page(self, tenant: str | None, after: str, limit: int, name: str = "") -> Page: ...

    async def ended(self, tenant: str | None, name: str = "") -> list[Ending]:
        """The last hundred, the newest first."""

    async def find(self, tenant: str | None, name: str) -> Connected | None: ...

    async def kick(self, tenant: str | None, name: str) -> None:
        """Close it; nothing where there is none of that id any more."""


class LocalConnections:
    """Those of this process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, tenant: str | None, after: str, limit: int, name: str = "") -> Page:
        live = [each for each in self._of(tenant) if each.principal.subject.startswith(name)]
        chosen = heapq.nsmallest(
            limit + 1, (each for each in live if each.id > after), key=lambda each: each.id
        )
        told = [_told(each) for each in chosen[:limit]]
        return Page(told, len(live), told[-1].id if len(chosen) > limit else None)

    async def ended(self, tenant: str | None, name: str = "") -> list[Ending]:
        return self._desk.endings.newest(tenant, name)

    async def find(self, tenant: str | None, name: str) -> Connected | None:
        return next((_told(each) for each in self._of(tenant) if each.id == name), None)

    async def kick(self, tenant: str | None, name: str) -> None:
        for each in list(self._of(tenant)):
            if each.id == name:
                each.close(CloseCode.KICKED, "an operator closed this connection")

    def _of(self, tenant: str | None) -> Iterator[Live]:
        """Without those that are closing."""
        return (
            each
            for each in self._desk.live
            if each.connection.closing_since is None
            and (tenant is None or each.principal.tenant == tenant)
        )


def _told(live: Live) -> Connected:
    principal, connection = live.principal, live.connection
    trip = connection.round_trip
    return Connected(
        id=live.id,
        tenant=principal.tenant,
        subject=principal.subject,
        role=principal.role,
        address=live.address,
        since=wire_time(live.since_ms),
        token_id=principal.token_id,
        token_issued_at=wire_time(principal.issued_at * 1_000),
        token_expires_at=wire_time(principal.expires_at * 1_000),
        topics=live.topics,
        messages=connection.sent,
        bytes=connection.sent_bytes,
        lagging=live.behind,
        round_trip_ms=None if trip is None else round(trip * 1_000, 1),
    )
