"""Several gateways on one Redis or Valkey: what one commits reaches those that follow it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from redis.asyncio import Redis

from app.brokers import connection
from app.brokers import redis as broker_module
from app.brokers.entries import written
from app.brokers.reading import WAIT_MS
from app.brokers.redis import READERS, STREAM_ENTRIES, RedisBroker
from app.model import Position, Publication
from tests.brokers.conftest import (
    KEY,
    LARGE,
    PECULIAR,
    Reader,
    linked,
    publications,
    redis_broker,
    until,
)
from tests.redis_server import RedisServer


@pytest.fixture
async def pair(redis: RedisServer) -> AsyncIterator[tuple[RedisBroker, RedisBroker]]:
    async with redis_broker(redis) as here, redis_broker(redis) as there:
        yield here, there


CANNOT_BE_READ: list[dict[Any, Any]] = [
    {"content": b"\x93junk"},
    {"content": b""},
    {"other": b"1"},
]
Pair = tuple[RedisBroker, RedisBroker]


@pytest.mark.usefixtures("patient")
async def test_what_one_publishes_the_others_receive_once_and_in_order(
    redis: RedisServer,
) -> None:
    async with AsyncExitStack() as stack:
        brokers = [await stack.enter_async_context(redis_broker(redis)) for _ in range(3)]
        readers = [Reader() for _ in brokers]
        for broker, reader in zip(brokers, readers, strict=True):
            await broker.follow("acme", reader)
        for first in range(1, 200, 2):
            brokers[0].publish(publications(2, first=first))
            await asyncio.sleep(0)
        for reader in readers:
            await reader.has(200)
        await asyncio.sleep(0.01)
        assert [reader.sequences() for reader in readers] == [list(range(1, 201))] * 3
        assert [broker.received for broker in brokers] == [0, 200, 200]
        assert (brokers[0].sent, brokers[0].unsent, brokers[0].waiting) == (200, 0, 0)


@pytest.mark.usefixtures("patient")
async def test_what_was_long_under_way_shows_in_the_lag(redis: RedisServer, pair: Pair) -> None:
    _, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    (entry,) = written(publications(1))
    told_ms = round(time.time() * 1_000) - 600_000
    async with linked(redis.url) as link:
        await link.ask(
            lambda client: client.xadd(
                "iaqverse:publications:acme", {"content": entry}, id=f"{told_ms}-1"
            )
        )
    await reader.has(1)
    assert there.lag.cumulative()[-1] == 1
    assert 599 < there.lag.total < 900  # Redis' clock is this one, and the machine may be busy


@pytest.mark.usefixtures("patient")
async def test_what_commits_kept_while_redis_was_asked_is_one_entry(
    pair: Pair, redis: RedisServer
) -> None:
    here, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    put_back = Publication("acme", Position("f" * 12, 4), KEY, b"{}")
    here.publish(publications(1))
    here.publish([*publications(1, "beta"), *publications(2, first=2)])
    here.publish([put_back])
    assert await reader.has(4) == [*publications(3), put_back]
    async with Redis.from_url(redis.url) as client:
        assert await client.xlen("iaqverse:publications:acme") == 2  # an epoch has its own


@pytest.mark.usefixtures("patient")
async def test_what_one_answer_brings_goes_on_at_once(pair: Pair, redis: RedisServer) -> None:
    """Each time that it goes on, every connection is written to."""
    _, there = pair
    calls: list[int] = []
    await there.follow("acme", lambda received: calls.append(len(received)))
    async with Redis.from_url(redis.url) as client, client.pipeline(transaction=True) as entries:
        for first in (1, 3, 5):
            (entry,) = written(publications(2, first=first))
            entries.xadd("iaqverse:publications:acme", {"content": entry})
        await entries.execute()
    await until(lambda: bool(calls))
    assert calls == [6]


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("publication", PECULIAR, ids=["backlog", "placeless", "large"])
async def test_nothing_of_a_publication_changes_on_the_way(
    pair: Pair, publication: Publication
) -> None:
    here, there = pair
    reader = Reader()
    await there.follow(publication.tenant, reader)
    here.publish([publication] * 3)
    assert await reader.has(3) == [publication] * 3


@pytest.mark.usefixtures("patient")
async def test_a_gateway_reads_what_it_follows_and_nothing_else(pair: Pair) -> None:
    here, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    here.publish([*publications(5, "beta"), *publications(1)])
    await reader.has(1)
    assert there.received == 1
    there.forget("acme")
    await asyncio.sleep(2 * WAIT_MS / 1000)
    here.publish(publications(1, first=2))
    await until(lambda: here.sent == 7)
    await asyncio.sleep(WAIT_MS / 1000)
    assert there.received == 1


@pytest.mark.usefixtures("patient")
async def test_many_tenants_are_shared_out_to_readers_and_each_is_received(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "TOGETHER", 2)
    here, there = pair
    tenants = [f"tenant-{number}" for number in range(2 * READERS + 1)]
    reader = Reader()
    for tenant in tenants:
        await there.follow(tenant, reader)
    assert [len(each) for each in there._readers] == [3, *[2] * (READERS - 1)]
    for first in (1, 2):
        here.publish([each for tenant in tenants for each in publications(1, tenant, first=first)])
        await reader.has(first * len(tenants))
    assert [reader.sequences(tenant) for tenant in tenants] == [[1, 2]] * len(tenants)
    for tenant in tenants:
        there.forget(tenant)
    assert [len(each) for each in there._readers] == [0] * READERS
    assert there.up


@pytest.mark.usefixtures("patient")
async def test_what_came_before_it_was_followed_is_not_received(pair: Pair) -> None:
    here, there = pair
    here.publish(publications(3))
    await until(lambda: here.sent == 3)
    reader = Reader()
    await there.follow("acme", reader)
    here.publish(publications(1, first=4))
    await reader.has(1)
    assert reader.sequences() == [4]


@pytest.mark.usefixtures("patient")
async def test_streams_are_bounded_and_end(pair: Pair, redis: RedisServer) -> None:
    here, _ = pair
    for first in range(1, 3 * STREAM_ENTRIES):
        here.publish(publications(1, first=first))
        await until(lambda: here.sent == first)  # noqa: B023  (it is awaited within the round)
    async with Redis.from_url(redis.url) as client:
        (key,) = await client.keys("iaqverse:publications:*")
        assert STREAM_ENTRIES <= await client.xlen(key) <= 1.5 * STREAM_ENTRIES
        assert 0 < await client.ttl(key) <= broker_module.STREAM_LIFE


@pytest.mark.usefixtures("patient")
async def test_what_waits_is_bounded_and_what_was_not_sent_is_counted(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = pair
    monkeypatch.setattr(broker_module, "MAX_WAITING", 4)
    reader = Reader()
    await here.follow("acme", reader)
    for first in (1, 4, 7):
        here.publish(publications(3, first=first))
    assert (here.waiting, here.unsent) == (6, 3)
    assert reader.sequences() == list(range(1, 10))


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("how", ["stop", "freeze"])
async def test_while_it_is_gone_what_is_published_here_is_received_here(
    pair: Pair, redis: RedisServer, how: str
) -> None:
    here, there = pair
    near, far = Reader(), Reader()
    await here.follow("acme", near)
    await there.follow("acme", far)
    here.publish(publications(1))
    await far.has(1)
    getattr(redis, how)()
    here.publish(publications(1, first=2))
    await until(lambda: not here.up and not there.up)
    here.publish(publications(1, first=3))
    assert near.sequences() == [1, 2, 3]
    assert here.unsent >= 1
    late = Reader()
    async with asyncio.timeout(connection.ANSWER):
        await there.follow("beta", late)  # that it is gone keeps nobody waiting
    redis.thaw() if how == "freeze" else redis.start()
    await until(lambda: here.up and there.up)
    here.publish([*publications(1, first=4), *publications(1, "beta")])
    await late.has(1)
    await until(lambda: far.sequences()[-1] == 4)  # another tenant's stream, read by itself
    assert (far.sequences()[0], late.sequences("beta")) == (1, [1])


@pytest.mark.usefixtures("patient")
async def test_who_was_away_for_a_moment_goes_on_in_the_stream_where_it_was(
    pair: Pair,
) -> None:
    here, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    here.publish(publications(1))
    await reader.has(1)
    there._link._lose(ConnectionError())
    here.publish(publications(5, first=2))
    await reader.has(6)
    assert reader.sequences() == [1, 2, 3, 4, 5, 6]


@pytest.mark.usefixtures("patient")
async def test_a_stream_that_began_anew_is_read_from_its_beginning(
    pair: Pair, redis: RedisServer
) -> None:
    here, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    async with Redis.from_url(redis.url) as client:
        await client.xadd("iaqverse:publications:acme", {"by": "a clock ahead"}, id="9" * 15)
    await until(lambda: there._followed["acme"][0]._followed["acme"].place == b"9" * 15 + b"-0")
    redis.empty()
    there._link._lose(ConnectionError())
    await until(lambda: not there.up)
    await until(lambda: there.up)
    here.publish(publications(1))
    assert await reader.has(1) == publications(1)


@pytest.mark.usefixtures("patient")
async def test_who_is_cut_off_for_being_sent_too_much_goes_on_where_it_was(
    pair: Pair, redis: RedisServer
) -> None:
    """By the server's `client-output-buffer-limit`, which an operator may have set low."""

    async def bound(kilobytes: int) -> None:
        async with Redis.from_url(redis.url) as client:
            await client.config_set("client-output-buffer-limit", f"normal {kilobytes}kb 0 0")

    here, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    await bound(64)
    try:
        here.publish([LARGE])
        await until(lambda: there._link.losses > 0)
    finally:
        await bound(0)
    assert await reader.has(1) == [LARGE]


@pytest.mark.usefixtures("patient")
async def test_what_cannot_be_read_is_passed_over(pair: Pair, redis: RedisServer) -> None:
    here, there = pair
    reader = Reader()
    await there.follow("acme", reader)
    async with Redis.from_url(redis.url) as client:
        for fields in CANNOT_BE_READ:
            await client.xadd("iaqverse:publications:acme", fields)
    here.publish(publications(1))
    assert await reader.has(1) == publications(1)
    assert there.up
