"""What the sockets of one gateway share, and which of them are live."""

import asyncio
from collections import Counter
from typing import Protocol

from app.domain.endings import Endings
from app.domain.hub import Hub
from app.domain.recovery import Recovery
from app.domain.slots import Slot, Slots
from app.errors import UnavailableError
from app.histogram import Histogram
from app.protocol.closes import CloseCode
from app.protocol.conversation import Rules
from app.protocol.topics import Grant
from app.transport.connection import Connection
from auth.principal import Principal

RETURNS_PER_SECOND = 500
"""At this pace the clients of a gateway that restarts come back: handshakes for half of a core."""
LONGEST_RETURN = 30.0
"""Seconds after which the last of them are told to come back, however many they are."""


class Live(Protocol):
    """A socket as the sweep, the watch, the drain and operators see it."""

    connection: Connection
    principal: Principal
    id: str
    """The request that opened it."""
    since_ms: int

    @property
    def address(self) -> str:
        """The client's, as limits see it."""

    @property
    def topics(self) -> list[str]:
        """What it subscribes to, as written; none for a device."""

    @property
    def behind(self) -> bool:
        """It has not been sent all that it is owed."""

    def tick(self, now: float) -> None:
        """Do what is due at `now`, in monotonic seconds."""

    def close(self, code: CloseCode, reason: str) -> None:
        """Begin to close; nothing if that has begun already."""

    def shutdown(self) -> None:
        """The gateway restarts: close as soon as what was taken on is answered."""


class Renew(Protocol):
    def __call__(self, token: str, held: Principal, ip: str) -> tuple[Principal, Grant]:
        """Who the token speaks for, now in place of `held`, and what it grants.

        Raise `GatewayError` for one that does not verify, one of another role, subject or tenant,
        and too many from this address. Must not block.
        """


class Desk:
    def __init__(
        self, hub: Hub, recovery: Recovery, slots: Slots, rules: Rules, renew: Renew
    ) -> None:
        self.hub = hub
        self.recovery = recovery
        self.slots = slots
        self.rules = rules
        self.renew = renew
        self.live: set[Live] = set()
        self.draining = False
        self._sent_away = 0
        self.emptied = asyncio.Event()
        """Set whenever the last connection ends."""
        self.opened = 0
        self.handshakes = Histogram()
        """From a handshake that was read to the socket's first message."""
        self.received = 0
        self.pongs = 0
        self.closes: Counter[int] = Counter()
        """Ended connections by close code; 1006 where none was exchanged."""
        self.endings = Endings()

    def turn_away(self, tenant: str) -> None:
        """What its sockets were sent is no beginning of what comes now."""
        for live in tuple(self.live):
            if live.principal.tenant == tenant:
                live.close(CloseCode.RESTART, "the store was put back")

    def acquire_slot(self, ip: str, principal: Principal) -> Slot:
        """Raise `UnavailableError` while the gateway drains, else as `Slots.acquire`."""
        if self.draining:
            raise UnavailableError("the gateway restarts", part="gateway", retry_after=2)
        return self.slots.acquire(ip, principal)

    def return_after(self) -> float:
        """Seconds until the next one that is sent away should be back: not all at once."""
        self._sent_away += 1
        return self._sent_away / RETURNS_PER_SECOND % LONGEST_RETURN
