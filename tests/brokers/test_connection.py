"""One place that knows whether Redis answers: quick to give up, quick to be back."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.brokers import connection
from app.brokers.connection import FIRST_PROBE, RedisLink
from app.brokers.reasons import reason
from app.errors import UnavailableError
from tests.brokers.conftest import until
from tests.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
async def link(redis: RedisServer) -> AsyncIterator[RedisLink]:
    link = RedisLink(redis.url)
    running = asyncio.create_task(link.run())
    yield link
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await link.close()


async def test_a_question_is_answered(link: RedisLink) -> None:
    await link.check()
    assert await link.ask(lambda redis: redis.incr("asked")) == 1
    assert link.up


async def test_a_server_that_stopped_is_named_and_found_again(
    link: RedisLink, redis: RedisServer
) -> None:
    await link.check()
    redis.stop()
    with pytest.raises(UnavailableError) as gone:
        await link.check()
    assert gone.value.details["part"] == "broker"
    assert (link.up, link.losses) == (False, 1)
    redis.start()
    await until(lambda: link.up)
    await link.check()


async def test_a_frozen_server_is_waited_for_once(link: RedisLink, redis: RedisServer) -> None:
    await link.check()
    redis.freeze()
    try:
        began = time.monotonic()
        asked = [link.check() for _ in range(8)]
        assert {type(each) for each in await asyncio.gather(*asked, return_exceptions=True)} == {
            UnavailableError
        }
        waited = time.monotonic()
        assert waited - began < 4 * connection.ANSWER  # and not for each by itself
        with pytest.raises(UnavailableError):
            await link.check()
        assert time.monotonic() - waited < connection.ANSWER / 2
        assert link.losses == 1
    finally:
        redis.thaw()
    await until(lambda: link.up)
    await link.check()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("unix:///nowhere/redis.sock", "the socket or a file of the URL is not there"),
        ("redis://127.0.0.1:1", "nobody listens there"),
    ],
)
async def test_nobody_there_at_the_start_is_an_outage_like_another(url: str, why: str) -> None:
    link = RedisLink(url)
    with pytest.raises(UnavailableError) as gone:
        await link.check()
    assert reason(gone.value) == why
    await link.close()


async def test_a_server_that_keeps_nothing_more_is_gone_until_it_does(
    link: RedisLink, redis: RedisServer
) -> None:
    async def bound(memory: int) -> None:
        async with Redis.from_url(redis.url) as client:
            await client.config_set("maxmemory", memory)

    await link.check()
    await bound(1)
    try:
        with pytest.raises(UnavailableError) as full:
            await link.check()
        assert reason(full.value) == "it keeps nothing more: its memory is full"
        await asyncio.sleep(3 * FIRST_PROBE)
        assert (link.up, link.losses) == (False, 1)
    finally:
        await bound(0)
    await until(lambda: link.up)
