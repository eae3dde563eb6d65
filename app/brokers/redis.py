"""The broker of several gateways: a stream for each tenant, in Redis or Valkey.

A gateway reads the streams of the tenants it follows, and no others.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence

from app.brokers.base import Received, by_tenant
from app.brokers.connection import Command, RedisLink
from app.brokers.entries import CONTENT, SENDER, stream_of, written
from app.brokers.reading import StreamReader
from app.errors import UnavailableError
from app.histogram import Histogram
from app.model import Publication

STREAM_ENTRIES = 512
"""Held per tenant, about: who was away for longer reads the store."""
STREAM_LIFE = 600
"""Seconds after its last entry that a stream is let go of."""
MAX_WAITING = 20_000
"""Publications that wait to be sent; of what comes beyond it the others learn from the store."""
READERS = 8
"""Each with a connection, once it is needed."""
TOGETHER = 125
"""Tenants that one reader has before there is another: an entry of one costs a question about all
of them, 2 µs for each in the gateway and in Redis.
"""

_BOUND = (b"MAXLEN", b"~", STREAM_ENTRIES)


class RedisBroker:
    shared = True

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._name = secrets.token_hex(6).encode()
        self._readers = [StreamReader(link, self._name, self._came) for _ in range(READERS)]
        self._followed: dict[str, tuple[StreamReader, Received]] = {}
        self._waiting: list[Publication] = []
        self._woken = asyncio.Event()
        self.sent = self.unsent = self.received = 0
        self.lag = Histogram()

    @property
    def up(self) -> bool:
        return self._link.up and all(reader.up for reader in self._readers)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def publish(self, publications: Sequence[Publication]) -> None:
        for tenant, its in by_tenant(publications).items():
            if followed := self._followed.get(tenant):
                _, received = followed
                received(its)
        if self._link.up and self.waiting < MAX_WAITING:
            self._waiting += publications
            self._woken.set()
        else:
            self.unsent += len(publications)

    async def follow(self, tenant: str, received: Received) -> None:
        """Without an answer, what was published meanwhile is for the store to tell."""
        self.forget(tenant)
        free = (reader for reader in self._readers if len(reader) < TOGETHER)
        reader = next(free, None) or min(self._readers, key=len)
        self._followed[tenant] = reader, received
        await reader.follow(tenant, received)

    def forget(self, tenant: str) -> None:
        if followed := self._followed.pop(tenant, None):
            reader, _ = followed
            reader.forget(tenant)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as work:
            work.create_task(self._send())
            for reader in self._readers:
                work.create_task(reader.run())

    def _came(self, count: int, added_at: float) -> None:
        self.received += count
        self.lag.observe(max(0.0, time.time() - added_at))

    async def _send(self) -> None:
        async with self._link.line() as line:
            while True:
                await self._woken.wait()
                self._woken.clear()
                waiting, self._waiting = self._waiting, []
                try:
                    await line.ask(*self._added(waiting))
                except UnavailableError:
                    self.unsent += len(waiting)
                else:
                    self.sent += len(waiting)

    def _added(self, waiting: Sequence[Publication]) -> Iterator[Command]:
        """What waited goes in as few entries as there can be: who reads one hears of it at once."""
        for tenant, publications in by_tenant(waiting).items():
            key = stream_of(tenant)
            for entry in written(publications):
                yield b"XADD", key, *_BOUND, b"*", SENDER, self._name, CONTENT, entry
            yield b"EXPIRE", key, STREAM_LIFE
