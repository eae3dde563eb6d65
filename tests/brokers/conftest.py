"""Publications to be carried, and who carries them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from app.brokers import connection
from app.brokers.connection import RedisLink
from app.brokers.redis import RedisBroker
from app.model import Position, Publication, RoutingKey, Topic
from tests.redis_server import RedisServer

EPOCH = "0123456789ab"
KEY = RoutingKey(Topic.MEASUREMENTS, "L'été", "Bureau", "s1")

LARGE = Publication("acme", Position(EPOCH, 1), KEY, b"x" * 300_000)
PECULIAR = [
    Publication("té\n nant", Position(EPOCH, 1), KEY, b'{"a":"\xc3\xa9"}', backlog=True),
    Publication("acme", Position(EPOCH, 1), RoutingKey(Topic.ALERTS), b"{}"),
    LARGE,
]


def publications(count: int, tenant: str = "acme", *, first: int = 1) -> list[Publication]:
    return [
        Publication(tenant, Position(EPOCH, sequence), KEY, b'{"type":"measurement"}')
        for sequence in range(first, first + count)
    ]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that freezes is given up on soon, and not one that a busy machine keeps waiting."""
    monkeypatch.setattr(connection, "ANSWER", 2.0)


class Reader:
    """Follows tenants of a broker, and keeps what it received."""

    def __init__(self) -> None:
        self.received: list[Publication] = []

    def __call__(self, received: Sequence[Publication]) -> None:
        assert len({each.tenant for each in received}) == 1
        self.received += received

    def sequences(self, tenant: str = "acme") -> list[int]:
        return [each.position.sequence for each in self.received if each.tenant == tenant]

    async def has(self, count: int) -> list[Publication]:
        await until(lambda: len(self.received) >= count)
        return self.received


async def until(fulfilled: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not fulfilled():  # noqa: ASYNC110  (any condition)
            await asyncio.sleep(0.002)


@asynccontextmanager
async def running(
    *work: Callable[[], Awaitable[None]],
) -> AsyncIterator[Sequence[asyncio.Future[None]]]:
    tasks = [asyncio.ensure_future(run()) for run in work]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def redis_broker(server: RedisServer) -> AsyncIterator[RedisBroker]:
    """One that reads already."""
    link = RedisLink(server.url)
    broker = RedisBroker(link)
    try:
        async with running(link.run, broker.run):
            await until(lambda: broker.up)
            yield broker
    finally:  # else a test that fails leaves sockets for another to complain of
        await link.close()


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[RedisLink]:
    link = RedisLink(url)
    try:
        async with running(link.run):
            yield link
    finally:
        await link.close()
