"""Slots for connections: acquired before the upgrade, released at the end, counted per holder."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from app.errors import LimitReachedError, UnavailableError
from auth.principal import Principal

RETRY_AFTER = 30
"""Seconds after which a client may ask for a slot again; nobody knows when one comes free."""
ALL = "all"
"""Who holds every slot."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections there may be at once."""

    total: int
    per_ip: int
    per_subject: int
    per_tenant: int


@dataclass(frozen=True, slots=True)
class Slot:
    """Held by one connection."""

    ip: str
    subject: str
    tenant: str

    @property
    def holders(self) -> tuple[str, str, str, str]:
        """Who is counted for it; none of the parts has a space."""
        return (
            ALL,
            f"ip {self.ip}",
            f"tenant {self.tenant}",
            f"subject {self.tenant} {self.subject}",
        )


class Slots:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self.held: Counter[str] = Counter()
        """By each holder, here."""
        self.elsewhere: dict[str, dict[str, int]] = {}
        """Likewise at other gateways, by their names, where somebody keeps it up to date."""
        self.changed: Callable[[str], None] = lambda _holder: None
        """Called with each holder of whom more or fewer are held now."""
        self.refused: Counter[str] = Counter()
        """How often each limit was hit."""

    @property
    def taken(self) -> int:
        return self.held[ALL]

    def acquire(self, ip: str, principal: Principal) -> Slot:
        """Raise `LimitReachedError` or, when the gateways are full, `UnavailableError`."""
        slot = Slot(ip, principal.subject, principal.tenant)
        everyone, address, tenant, subject = slot.holders
        bounds = self._bounds
        if self._count(everyone) >= bounds.total:
            self.refused["connections_total"] += 1
            raise UnavailableError(
                "every connection is taken", part="gateway", retry_after=RETRY_AFTER
            )
        self._check(address, bounds.per_ip, "connections_per_ip")
        self._check(subject, bounds.per_subject, "connections_per_subject")
        self._check(tenant, bounds.per_tenant, "connections_per_tenant")
        self._change(slot, 1)
        return slot

    def release(self, slot: Slot) -> None:
        self._change(slot, -1)

    def _count(self, holder: str) -> int:
        others = self.elsewhere.values()
        return self.held[holder] + sum(held.get(holder, 0) for held in others)

    def _check(self, holder: str, allowed: int, limit: str) -> None:
        if self._count(holder) >= allowed:
            self.refused[limit] += 1
            raise LimitReachedError(
                "too many connections at once", limit=limit, retry_after=RETRY_AFTER
            )

    def _change(self, slot: Slot, one: int) -> None:
        for holder in slot.holders:
            self.held[holder] += one
            if not self.held[holder]:
                del self.held[holder]  # who left is forgotten
            self.changed(holder)
