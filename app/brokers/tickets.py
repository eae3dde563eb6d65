"""Tickets that any gateway issues and any other redeems, once."""

from collections import deque

import msgspec

from app.brokers.connection import RedisLink
from auth.errors import TokenRefusedError
from auth.principal import Principal
from auth.tickets import LIFE, FullError, Ticket, digest_of, new_ticket

_PREFIX = "iaqverse:ticket:"


class RedisTickets:
    """`auth.tickets.Tickets`; both methods raise `UnavailableError` while Redis does not answer.

    At `capacity` that this gateway issued in the last `LIFE` seconds no more are issued.
    """

    def __init__(self, link: RedisLink, *, capacity: int) -> None:
        self._link = link
        self._capacity = capacity
        self._ends: deque[float] = deque()
        self.issued = 0
        self.refused = 0
        """How often it was full."""

    def __len__(self) -> int:
        return len(self._ends)

    async def issue(self, principal: Principal, origin: str | None, now: float) -> str:
        while self._ends and self._ends[0] <= now:
            self._ends.popleft()
        if len(self._ends) >= self._capacity:
            self.refused += 1
            raise FullError
        self._ends.append(now + LIFE)
        text, ticket = new_ticket(principal, origin, now)
        left_ms = max(1, round((ticket.ends_at - now) * 1_000))
        body = msgspec.msgpack.encode(ticket)
        await self._link.ask(lambda redis: redis.set(_key(text), body, px=left_ms, nx=True))
        self.issued += 1
        return text

    async def redeem(self, ticket: str, origin: str | None, now: float) -> Principal:
        body = await self._link.ask(lambda redis: redis.getdel(_key(ticket)))
        if not isinstance(body, bytes):
            raise TokenRefusedError("ticket")
        return msgspec.msgpack.decode(body, type=Ticket).redeemed(origin, now)


def _key(ticket: str) -> bytes:
    return _PREFIX.encode() + digest_of(ticket)
