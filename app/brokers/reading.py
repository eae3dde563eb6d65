"""Reads the streams of some tenants, in one question that waits."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis

from app.brokers.base import Received
from app.brokers.connection import Line, RedisLink
from app.brokers.entries import SENDER, MalformedEntryError, read, stream_of, tenant_of
from app.errors import UnavailableError
from app.model import Publication

WAIT_MS = 100
"""A question waits so long for an entry; a tenant followed meanwhile is part of the next one."""
READ_AT_ONCE = 64
"""Entries of one stream."""
PAUSE = 0.5
"""Seconds, where it answers that it does not want to."""

_START = b"0-0"
_READ = (b"XREAD", b"COUNT", READ_AT_ONCE, b"BLOCK", WAIT_MS, b"STREAMS")

log = structlog.get_logger()


@dataclass(slots=True)
class _Followed:
    received: Received
    place: bytes | None = None
    """Of the last entry that was read; None while it is not known where the stream stands."""


class StreamReader:
    """Of what others than `name` sent. `came` is told how many publications an entry brought, and
    when by Redis' clock it was added.
    """

    def __init__(self, link: RedisLink, name: bytes, came: Callable[[int, float], None]) -> None:
        self._link = link
        self._name = name
        self._came = came
        self._followed: dict[str, _Followed] = {}
        self._wanted = asyncio.Event()
        self.up = False
        """Whether it reads, as far as is known, or would if there were anything to read."""

    def __len__(self) -> int:
        """Tenants."""
        return len(self._followed)

    async def follow(self, tenant: str, received: Received) -> None:
        """Does not fail: without an answer, the next question finds its place."""
        followed = self._followed[tenant] = _Followed(received)
        self._wanted.set()
        with suppress(UnavailableError):
            await self._find_places({tenant: followed})

    def forget(self, tenant: str) -> None:
        self._followed.pop(tenant, None)

    async def run(self) -> None:
        """Until cancelled."""
        async with self._link.line() as line:
            while True:
                await self._link.wait()
                with suppress(UnavailableError):
                    await self._find_places(self._followed)
                    self.up = True
                    while True:
                        await self._listen(line)
                self.up = False
                await asyncio.sleep(PAUSE)

    async def _listen(self, line: Line) -> None:
        if not self._followed:
            self._wanted.clear()
            await self._wanted.wait()
        lost = {name: each for name, each in self._followed.items() if each.place is None}
        if lost:
            await self._find_places(lost)
        places = {
            stream_of(name): each.place for name, each in self._followed.items() if each.place
        }
        if places:
            (found,) = await line.ask((*_READ, *places, *places.values()))
            for stream, entries in (found or {}).items():
                self._take(tenant_of(stream), entries)

    def _take(self, tenant: str, entries: Iterable[tuple[bytes, list[bytes]]]) -> None:
        """What one answer brought goes on together: each time that it does, all readers are written
        to.
        """
        followed = self._followed.get(tenant)
        if followed is None:  # forgotten meanwhile
            return
        publications: list[Publication] = []
        for place, fields in entries:
            followed.place = place
            if fields[:2] != [SENDER, self._name]:
                publications += self._read(tenant, place, fields[-1])
        if publications:
            followed.received(publications)

    def _read(self, tenant: str, place: bytes, entry: bytes) -> list[Publication]:
        try:
            publications = read(tenant, entry)
        except MalformedEntryError:
            log.warning("an entry of the broker cannot be read")
            return []
        self._came(len(publications), _order(place)[0] / 1000)
        return publications

    async def _find_places(self, followed: dict[str, _Followed]) -> None:
        """Each goes on where it was, unless its stream began anew; a new one at the end."""
        asked = dict(followed)
        if not asked:
            return
        for each, found in zip(asked.values(), await self._link.ask(_last_of(asked)), strict=True):
            last = found[0][0] if found else _START
            if each.place is None or _order(each.place) > _order(last):
                each.place = last


def _last_of(tenants: Iterable[str]) -> Any:
    def ask(redis: Redis) -> Any:
        pipeline = redis.pipeline(transaction=False)
        for tenant in tenants:
            pipeline.xrevrange(stream_of(tenant), count=1)
        return pipeline.execute()

    return ask


def _order(place: bytes) -> tuple[int, ...]:
    return tuple(map(int, place.split(b"-")))
