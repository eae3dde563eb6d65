"""Places for connections: taken before the upgrade, given back at the end, counted per holder."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from app.errors import LimitReachedError, UnavailableError
from auth.principal import Principal

RETRY_AFTER = 30
"""Seconds after which a client may ask for a place again; nobody knows when one comes free."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be at once."""

    total: int
    per_ip: int
    per_subject: int
    per_tenant: int


@dataclass(frozen=True, slots=True)
class Place:
    """Held by one connection."""

    ip: str
    subject: tuple[str, str]
    tenant: str


class Places:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._by_ip: Counter[str] = Counter()
        self._by_subject: Counter[tuple[str, str]] = Counter()
        self._by_tenant: Counter[str] = Counter()
        self.taken = 0
        self.refused: Counter[str] = Counter()
        """How often each limit was hit."""

    def take(self, ip: str, principal: Principal) -> Place:
        """Raise `LimitReachedError` or, when the gateway itself is full, `UnavailableError`."""
        place = Place(ip, (principal.tenant, principal.subject), principal.tenant)
        bounds = self._bounds
        if self.taken >= bounds.total:
            self.refused["connections_total"] += 1
            raise UnavailableError(
                "every connection is taken", part="gateway", retry_after=RETRY_AFTER
            )
        self._check(self._by_ip[ip], bounds.per_ip, "connections_per_ip")
        self._check(self._by_subject[place.subject], bounds.per_subject, "connections_per_subject")
        self._check(self._by_tenant[place.tenant], bounds.per_tenant, "connections_per_tenant")
        self._count(place, 1)
        return place

    def give_back(self, place: Place) -> None:
        self._count(place, -1)

    def _check(self, taken: int, allowed: int, limit: str) -> None:
        if taken >= allowed:
            self.refused[limit] += 1
            raise LimitReachedError(
                "too many connections at once", limit=limit, retry_after=RETRY_AFTER
            )

    def _count(self, place: Place, one: int) -> None:
        self.taken += one
        holders: tuple[tuple[Counter[Any], object], ...] = (
            (self._by_ip, place.ip),
            (self._by_subject, place.subject),
            (self._by_tenant, place.tenant),
        )
        for counter, holder in holders:
            counter[holder] += one
            if not counter[holder]:
                del counter[holder]  # who left is forgotten
