"""Single-use tickets: a token is shown once over HTTP, and a socket is opened without it.

A browser can send no header with a socket, and what stands in an address ends up in logs: so what
stands there is worthless after a moment, after its use, and to everybody else.
"""

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final, Protocol

from auth.errors import TokenRefusedError
from auth.principal import Principal

LIFE: Final = 30.0
"""Seconds at most: a ticket never outlives its token."""

_BYTES: Final = 32
"""Of randomness (256 bits)."""


class FullError(Exception):
    """No further ticket can be held; in `LIFE` seconds those of now are gone."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is held of a ticket that was issued."""

    principal: Principal
    """Whose token asked: it opens a socket for that one alone, to that token's end."""
    origin: str | None
    """Where the page that asked is from, None for a program; the handshake must say the same."""
    ends_at: float

    def redeemed(self, origin: str | None, now: float) -> Principal:
        """Raises TokenRefusedError as `Tickets.redeem`."""
        if self.ends_at <= now or self.origin != origin:
            raise TokenRefusedError("ticket", self.principal)
        return self.principal


class Tickets(Protocol):
    """Times are wall time in seconds. Nothing that is held reveals a ticket."""

    issued: int
    refused: int
    """How often none was issued because too many were held."""

    def __len__(self) -> int:
        """Held, the ended among them."""

    async def issue(self, principal: Principal, origin: str | None, now: float) -> str:
        """A new ticket, base64url. Raises FullError."""

    async def redeem(self, ticket: str, origin: str | None, now: float) -> Principal:
        """Whose ticket it is; it is used up, whatever the answer.

        Raises TokenRefusedError for one that is used, expired, another origin's or unknown, alike.
        """


class MemoryTickets:
    """At `capacity` no more are issued: to forget one would take it from who holds it."""

    def __init__(self, *, capacity: int) -> None:
        self._capacity = capacity
        self._tickets: dict[bytes, Ticket] = {}
        self.issued = 0
        self.refused = 0
        """How often it was full."""

    def __len__(self) -> int:
        return len(self._tickets)

    async def issue(self, principal: Principal, origin: str | None, now: float) -> str:
        self._forget(now)
        if len(self._tickets) >= self._capacity:
            self.refused += 1
            raise FullError
        text, ticket = new_ticket(principal, origin, now)
        self._tickets[digest_of(text)] = ticket
        self.issued += 1
        return text

    async def redeem(self, ticket: str, origin: str | None, now: float) -> Principal:
        held = self._tickets.pop(digest_of(ticket), None)
        if held is None:
            raise TokenRefusedError("ticket")
        return held.redeemed(origin, now)

    def _forget(self, now: float) -> None:
        """The oldest first, up to one that is still good: no later one is older."""
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest].ends_at > now:
                return
            del self._tickets[oldest]


def new_ticket(principal: Principal, origin: str | None, now: float) -> tuple[str, Ticket]:
    """What its holder is given, and what is held of it."""
    return token_urlsafe(_BYTES), Ticket(principal, origin, min(now + LIFE, principal.expires_at))


def digest_of(ticket: str) -> bytes:
    """Under what it is held: who reads that has no ticket."""
    # A lone surrogate, which no encoder takes, is unknown like any other.
    return sha256(ticket.encode("utf-8", "surrogatepass")).digest()
