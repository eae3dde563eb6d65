"""What one gateway tells the others, and what it asks them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from app.brokers import cluster as circle_module
from app.brokers.cluster import Cluster
from tests.brokers.conftest import linked, running, until
from tests.redis_server import RedisServer

pytestmark = pytest.mark.usefixtures("patient")


@asynccontextmanager
async def joined(url: str) -> AsyncIterator[Cluster]:
    async with linked(url) as link:
        cluster = Cluster(link)
        async with running(cluster.run):
            await until(cluster.joined.is_set)
            yield cluster


@pytest.fixture
async def three(redis: RedisServer) -> AsyncIterator[list[Cluster]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(joined(redis.url)) for _ in range(3)]


def answering(cluster: Cluster) -> None:
    async def name(body: bytes) -> bytes:
        return cluster.name.encode() + body

    cluster.respond("name", name)


async def test_what_is_told_reaches_all_others_in_order_and_not_oneself(
    three: list[Cluster],
) -> None:
    heard: dict[str, list[tuple[str, bytes]]] = {}
    for cluster in three:
        here = heard[cluster.name] = []
        cluster.on("news", lambda *told, here=here: here.append(told))
    for number in range(3):
        three[0].broadcast("news", b"%d" % number)
    told = [(three[0].name, body) for body in (b"0", b"1", b"2")]
    await until(lambda: heard[three[1].name] == heard[three[2].name] == told)
    assert heard[three[0].name] == []


async def test_a_question_is_answered_by_all_others(three: list[Cluster]) -> None:
    for cluster in three:
        answering(cluster)
    answers = await three[0].request("name", b"?")
    assert sorted(answers) == sorted(cluster.name.encode() + b"?" for cluster in three[1:])


async def test_who_does_not_answer_is_left_out(
    three: list[Cluster], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circle_module, "PATIENCE", 2.0)
    answering(three[1])
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await three[0].request("name") == [three[1].name.encode()]
    assert 2 <= loop.time() - began < 12


async def test_alone_nobody_is_waited_for(redis: RedisServer) -> None:
    async with joined(redis.url) as cluster:
        began = asyncio.get_running_loop().time()
        assert await cluster.request("name") == []
        assert asyncio.get_running_loop().time() - began < circle_module.PATIENCE


async def test_what_is_no_message_harms_nobody(three: list[Cluster], redis: RedisServer) -> None:
    async with linked(redis.url) as link:
        await link.ask(lambda client: client.publish("iaqverse:gateways", b"\xc1 nonsense"))
    answering(three[1])
    answering(three[2])
    assert len(await three[0].request("name")) == 2


async def test_while_the_server_is_gone_each_is_alone_and_then_they_meet_again(
    three: list[Cluster], redis: RedisServer
) -> None:
    for cluster in three:
        answering(cluster)
    redis.stop()
    try:
        assert await three[0].request("name") == []
        await until(lambda: not any(cluster.joined.is_set() for cluster in three))
        three[0].broadcast("news", b"nobody hears it")
        await until(lambda: three[0].lost == 1)
    finally:
        redis.start()
    await until(lambda: all(cluster.joined.is_set() for cluster in three))
    assert len(await three[0].request("name")) == 2
