"""The broker of several gateways: a stream for each tenant, in Redis or Valkey.

A gateway reads the streams of the tenants it follows, and no others, in one question that waits.
"""

import asyncio
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis

from app.brokers.base import Received, by_tenant
from app.brokers.connection import Command, Line, RedisLink
from app.brokers.entries import MalformedEntryError, read, written
from app.durations import Durations
from app.errors import UnavailableError
from app.model import Publication

STREAM_ENTRIES = 512
"""Held per tenant, about: who was away for longer reads the store."""
STREAM_LIFE = 600
"""Seconds after its last entry that a stream is let go of."""
MAX_WAITING = 20_000
"""Publications that wait to be sent; of what comes beyond it the others learn from the store."""
WAIT_MS = 100
"""A question waits so long for an entry; a tenant followed meanwhile is part of the next one."""
READ_AT_ONCE = 64
"""Entries of one stream."""
PAUSE = 0.5
"""Seconds, where it answers that it does not want to."""

_START = b"0-0"
_SENDER, _CONTENT = b"by", b"content"
_BOUND = (b"MAXLEN", b"~", STREAM_ENTRIES)
_READ = (b"XREAD", b"COUNT", READ_AT_ONCE, b"BLOCK", WAIT_MS, b"STREAMS")

log = structlog.get_logger()


@dataclass(slots=True)
class _Followed:
    received: Received
    place: bytes | None = None
    """Of the last entry that was read; None while it is not known where the stream stands."""


class RedisBroker:
    shared = True

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._name = secrets.token_hex(6).encode()
        self._followed: dict[str, _Followed] = {}
        self._reads = False
        self._waiting: list[tuple[str, list[Publication]]] = []
        self._woken = asyncio.Event()
        self.waiting = self.sent = self.unsent = self.received = 0
        self.lag = Durations()

    @property
    def up(self) -> bool:
        return self._reads and self._link.up

    def publish(self, publications: Sequence[Publication]) -> None:
        for tenant, its in by_tenant(publications).items():
            if followed := self._followed.get(tenant):
                followed.received(its)
            if self._link.up and self.waiting < MAX_WAITING:
                self._waiting.append((tenant, its))
                self.waiting += len(its)
                self._woken.set()
            else:
                self.unsent += len(its)

    async def follow(self, tenant: str, received: Received) -> None:
        """Without an answer, what was published meanwhile is for the store to tell."""
        followed = self._followed[tenant] = _Followed(received)
        with suppress(UnavailableError):
            await self._find_places({tenant: followed})

    def forget(self, tenant: str) -> None:
        self._followed.pop(tenant, None)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(self._send())
            both.create_task(self._read())

    async def _send(self) -> None:
        async with self._link.line() as line:
            while True:
                await self._woken.wait()
                self._woken.clear()
                waiting, self._waiting = self._waiting, []
                count, self.waiting = self.waiting, 0
                try:
                    await line.ask(*self._added(waiting))
                except UnavailableError:
                    self.unsent += count
                else:
                    self.sent += count

    def _added(self, waiting: Iterable[tuple[str, list[Publication]]]) -> Iterator[Command]:
        for tenant, publications in waiting:
            key = _key(tenant)
            for entry in written(publications):
                yield b"XADD", key, *_BOUND, b"*", _SENDER, self._name, _CONTENT, entry
            yield b"EXPIRE", key, STREAM_LIFE

    async def _read(self) -> None:
        async with self._link.line() as line:
            while True:
                await self._link.wait()
                with suppress(UnavailableError):
                    await self._find_places(self._followed)
                    self._reads = True
                    while True:
                        await self._listen(line)
                self._reads = False
                await asyncio.sleep(PAUSE)

    async def _listen(self, line: Line) -> None:
        lost = {name: each for name, each in self._followed.items() if each.place is None}
        if lost:
            await self._find_places(lost)
        places = {_key(name): each.place for name, each in self._followed.items() if each.place}
        if not places:
            await asyncio.sleep(WAIT_MS / 1000)
            return
        (found,) = await line.ask((*_READ, *places, *places.values()))
        for key, entries in (found or {}).items():
            self._take(key[len(_PREFIX) :].decode(), entries)

    def _take(self, tenant: str, entries: Iterable[tuple[bytes, list[bytes]]]) -> None:
        followed = self._followed.get(tenant)
        if followed is None:  # forgotten meanwhile
            return
        for place, fields in entries:
            followed.place = place
            if fields[:2] == [_SENDER, self._name]:
                continue
            try:
                publications = read(tenant, fields[-1])
            except MalformedEntryError:
                log.warning("an entry of the broker cannot be read")
            else:
                self.received += len(publications)
                self.lag.note(max(0.0, time.time() - _order(place)[0] / 1000))
                followed.received(publications)

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
            pipeline.xrevrange(_key(tenant), count=1)
        return pipeline.execute()

    return ask


_PREFIX = b"iaqverse:publications:"


def _key(tenant: str) -> bytes:
    return _PREFIX + tenant.encode()


def _order(place: bytes) -> tuple[int, ...]:
    return tuple(map(int, place.split(b"-")))
