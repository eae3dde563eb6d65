"""Several gateways on one database and one Redis: what is true of one is true of all."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection

from app.domain import dispatch
from tests.conftest import Running, Start
from tests.edge.wire import heard, measurement, say
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

GATEWAYS = 3


@pytest.fixture
def redis(redis_7: RedisServer) -> Iterator[RedisServer]:
    """One kind is enough here: `tests/brokers` has both."""
    redis_7.empty()
    yield redis_7
    redis_7.mend()


@pytest.fixture
async def three(
    start: Start, postgres: PostgresServer, redis: RedisServer
) -> AsyncIterator[list[Running]]:
    """In one process, so that a test costs little; `tests/chaos` has them in processes."""
    url = postgres.schema()
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(start(database_url=url, redis_url=redis.url))
            for _ in range(GATEWAYS)
        ]


async def sensors_of(socket: ClientConnection, count: int) -> list[str]:
    async with asyncio.timeout(30):
        messages = [json.loads(await socket.recv()) for _ in range(count)]
    return [each["sensor_id"] for each in messages]


async def send(gateway: Running, *names: str) -> str:
    """Each by itself; the last one's position."""
    position = ""
    async with gateway.client("device") as device:
        for name in names:
            answer = await device.post("/api/ingest", json=measurement(sensor_id=name))
            assert answer.status_code == 200
            position = answer.json()["position"]
    return position


async def test_everyone_gets_everything_once_and_in_one_order_whoever_kept_it(
    three: list[Running],
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(each.dashboard()) for each in three]
        for socket in sockets:
            await heard(socket)
        names = [[f"{number}-{nth}" for nth in range(10)] for number in range(GATEWAYS)]
        sent = [send(gateway, *own) for gateway, own in zip(three, names, strict=True)]
        await asyncio.gather(*sent)
        await send(three[0], "last")
        received = [await sensors_of(socket, 31) for socket in sockets]
        assert received[0] == received[1] == received[2]
        assert sorted(received[0]) == sorted(["last", *itertools.chain(*names)])


async def test_a_tenant_is_alone_on_every_gateway(three: list[Running]) -> None:
    async with three[1].dashboard() as acme, three[1].dashboard(tenant="beta") as beta:
        await heard(acme)
        await heard(beta)
        await send(three[0], "of acme")
        async with three[2].client("device", tenant="beta") as device:
            await device.post("/api/ingest", json=measurement(sensor_id="of beta"))
        assert await sensors_of(acme, 1) == ["of acme"]
        assert await sensors_of(beta, 1) == ["of beta"]


async def test_a_client_goes_on_at_another_gateway_where_it_was(three: list[Running]) -> None:
    here, there, _ = three
    await send(there, "before")
    async with there.dashboard("?topics="), here.dashboard() as socket:
        await heard(socket)
        await send(here, "seen")
        position = json.loads(await socket.recv())["position"]
    await send(here, "missed")
    async with there.dashboard("?topics=") as socket:
        await heard(socket)
        answer = await say(socket, type="subscribe", topics=["all"], after=position)
        assert answer["recovered"], answer
        await send(here, "live")
        assert await sensors_of(socket, 2) == ["missed", "live"]
    async with there.client("dashboard") as poller:
        page = (await poller.get("/api/messages", params={"after": position})).json()
    assert page["recovered"]
    assert [each["sensor_id"] for each in page["messages"]] == ["missed", "live"]


@pytest.mark.parametrize("how", ["stop", "freeze"])
async def test_without_the_broker_the_store_tells(
    three: list[Running], redis: RedisServer, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "LOOK", 0.2)
    monkeypatch.setattr(dispatch, "LOOK_ALONE", 0.2)
    here, there, _ = three
    async with here.dashboard() as near, there.dashboard() as far:
        await heard(near)
        await heard(far)
        await send(here, "before")
        getattr(redis, how)()
        await send(here, "while", "gone")
        assert await sensors_of(near, 3) == ["before", "while", "gone"]
        assert await sensors_of(far, 3) == ["before", "while", "gone"]
        redis.thaw() if how == "freeze" else redis.start()
        await send(here, "after")
        assert await sensors_of(far, 1) == ["after"]


async def test_a_position_of_a_gateway_that_is_ahead_is_reached_before_it_is_judged(
    three: list[Running], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "LOOK", 60)
    monkeypatch.setattr(dispatch, "LOOK_ALONE", 60)
    here, there, _ = three
    async with there.dashboard("?topics=") as socket, there.client("dashboard") as poller:
        await heard(socket)
        redis.stop()
        position = await send(here, "seen there")
        answer = await say(socket, type="subscribe", topics=["all"], after=position)
        assert (answer["recovered"], answer["position"]) == (True, position)
        position = await send(here, "seen there too")
        for path in ("/api/messages", "/api/iaq/data"):
            page = await poller.get(path, params={"after": position})
            assert page.status_code == 200
        assert await sensors_of(socket, 1) == ["seen there too"]


async def test_a_gateway_that_ends_between_its_commit_and_its_message_hides_nothing(
    three: list[Running], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is killed there: its broker never heard of it."""
    monkeypatch.setattr(dispatch, "LOOK", 0.1)
    here, there, _ = three
    async with there.dashboard() as far:
        await heard(far)
        redis.stop()
        await send(here, "untold")
        assert await sensors_of(far, 1) == ["untold"]
