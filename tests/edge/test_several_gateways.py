"""Two gateways on one database and one Redis: a limit, a ticket, a list is of both."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpx2
import pytest
from msgspec.msgpack import encode
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.brokers.cluster import Cluster
from app.edge.shared_rates import EVERY
from auth.principal import Role
from tests.brokers.conftest import linked, running
from tests.conftest import ORIGIN, Running, Start
from tests.edge.wire import PLACE, end_of, health_names, heard, until
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

SETTINGS: dict[str, Any] = {
    "connections_per_subject": 2,
    "handshake_rate_per_ip": "1000/minute",
    "publish_rate_per_token": "10/hour",
    "claim_rate_per_ip": "10/hour",
}
SOON = 10.0
pytestmark = pytest.mark.usefixtures("patient")
ALERT = {**PLACE, "severity": "info", "state": "raised", "message": "CO2"}


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    return postgres.schema()


@pytest.fixture
async def both(start: Start, redis: RedisServer) -> AsyncIterator[tuple[Running, Running]]:
    redis.empty()
    async with (
        start(redis_url=redis.url, **SETTINGS) as one,
        start(redis_url=redis.url, **SETTINGS) as other,
    ):
        yield one, other


async def is_full(gateway: Running) -> bool:
    """For the usual subject."""
    try:
        async with gateway.dashboard() as socket:
            await heard(socket)
    except InvalidStatus as refused:
        return refused.response.status_code == 429
    return False


async def is_free(gateway: Running) -> bool:
    return not await is_full(gateway)


async def stats(admin: httpx2.AsyncClient) -> Any:
    return (await admin.get("/ws/stats")).json()


async def test_a_limit_of_connections_counts_those_of_both(
    both: tuple[Running, Running],
) -> None:
    one, other = both
    async with one.dashboard() as first:
        await heard(first)
        async with other.dashboard() as second:
            await heard(second)
            for gateway in both:
                await until(partial(is_full, gateway), within=SOON)
            async with one.dashboard(subject="another") as third:
                await heard(third)

        await until(partial(is_free, one), within=SOON)


async def test_a_gateway_that_is_killed_gives_its_places_back(
    start: Start, redis: RedisServer
) -> None:
    """A cluster of our own stands in for it, which falls silent."""
    async with start(redis_url=redis.url, **SETTINGS) as gateway:
        async with linked(redis.url) as link:
            stand_in = Cluster(link)
            async with running(stand_in.run):
                await stand_in.joined.wait()
                stand_in.broadcast("slots", encode({"subject acme someone": 2}))
                await until(partial(is_full, gateway), within=SOON)
        await until(partial(is_free, gateway), within=SOON)


async def test_what_a_gateway_of_another_release_says_ends_nobody(
    start: Start, redis: RedisServer
) -> None:
    async with start(redis_url=redis.url, **SETTINGS) as gateway, linked(redis.url) as link:
        stand_in = Cluster(link)
        async with running(stand_in.run):
            await stand_in.joined.wait()

            async def is_heeded() -> bool:
                stand_in.broadcast("slots", encode(["of", "another", "release"]))
                stand_in.broadcast("slots", encode({"subject acme someone": 2}))
                return await is_full(gateway)

            await until(is_heeded, within=SOON)


async def test_a_rate_counts_what_both_let_through(
    both: tuple[Running, Running], redis: RedisServer
) -> None:
    headers = both[0].bearer("service")

    async def sent(gateway: Running) -> int:
        async with gateway.client() as client:
            answer = await client.post("/api/publish/alerts", json=ALERT, headers=headers)
            return answer.status_code

    async def counted() -> int:
        async with linked(redis.url) as link:
            keys = await link.ask(lambda client: client.keys("iaqverse:rate:*publish_rate*"))
            found: list[Any] = await link.ask(lambda client: client.mget(keys)) if keys else []
            return sum(map(int, filter(None, found)))

    async def told() -> bool:
        return await counted() >= let_through

    let_through = 0
    for gateway in both * 5:
        assert await sent(gateway) == 200
        let_through += 1
    await until(told, within=SOON)
    for gateway in both:  # each learns the sum as it counts
        let_through += await sent(gateway) == 200
    await until(told, within=SOON)

    async def full() -> bool:
        return [await sent(gateway) for gateway in both] == [429, 429]

    await until(full, within=SOON)
    assert await counted() <= 12


async def test_who_tries_claim_codes_at_both_has_the_tries_of_one(
    both: tuple[Running, Running],
) -> None:
    """No code is guessed faster where there are more gateways."""
    tries = 0

    async def refused(gateway: Running) -> bool:
        nonlocal tries
        async with gateway.client() as nobody:
            answer = await nobody.post("/auth/claim", json={"code": "ABCD-EFGH"})
        tries += answer.status_code != 429
        return answer.status_code == 429

    for gateway in both * 4:
        assert not await refused(gateway)
    await asyncio.sleep(2 * EVERY)

    async def both_refuse() -> bool:
        await asyncio.sleep(2 * EVERY)  # each tells what it counted, and learns the sum
        return all([await refused(gateway) for gateway in both])

    await until(both_refuse, within=SOON)
    assert tries <= 14


async def test_a_ticket_of_one_opens_a_socket_at_the_other_once(
    both: tuple[Running, Running],
) -> None:
    one, other = both
    async with one.client("dashboard") as client:
        answer = await client.post("/auth/ws-ticket", headers={"Origin": ORIGIN})
    url = f"ws://127.0.0.1:{other.port}/ws?ticket={answer.json()['ticket']}"
    async with connect(url, origin=ORIGIN) as socket:  # type: ignore[arg-type]  # a NewType of str
        assert (await heard(socket))["tenant"] == "acme"
    with pytest.raises(InvalidStatus) as refused:
        await connect(url, origin=ORIGIN)  # type: ignore[arg-type]  # as above
    assert refused.value.response.status_code == 401


async def test_operators_see_the_connections_of_both_and_close_any(
    both: tuple[Running, Running],
) -> None:
    one, other = both
    async with (
        one.client("admin") as admin,
        one.client("admin", tenant="elsewhere") as stranger,
        one.dashboard("?topics=alerts", subject="here") as here,
        other.dashboard("?topics=alerts,modules", subject="there") as there,
    ):
        await heard(here)
        await heard(there)
        assert await stats(admin) == {
            "active_connections": 2,
            "subscriptions": {
                "measurements": 0, "predictions": 0, "actions": 0, "alerts": 2, "modules": 1,
                "all": 0,
            },
        }  # fmt: skip
        assert (await stats(stranger))["active_connections"] == 0
        page = (await admin.get("/api/admin/connections?limit=1")).json()
        assert page["total"] == 2
        rest = (await admin.get(f"/api/admin/connections?after={page['after']}")).json()
        found = {each["subject"]: each["id"] for each in page["connections"] + rest["connections"]}
        assert found.keys() == {"here", "there"}
        unknown = await stranger.delete(f"/api/admin/connections/{found['there']}")
        assert unknown.status_code == 404
        kicked = await admin.delete(f"/api/admin/connections/{found['there']}")
        assert kicked.status_code == 204
        await end_of(there)
        closed = (await admin.get("/api/admin/connections/closed")).json()["closed"]
        assert [each["subject"] for each in closed] == ["there"]


async def test_a_tenant_disabled_at_one_is_turned_away_at_the_other(
    both: tuple[Running, Running],
) -> None:
    one, other = both
    async with (
        one.client("admin", tenant="*") as admin,
        other.dashboard() as socket,
        other.client("dashboard") as polling,
    ):
        await heard(socket)
        assert (await admin.patch("/api/admin/tenants/acme", json={"disabled": True})).is_success
        code, _ = await end_of(socket)
        assert code == 4403
        assert (await polling.get("/api/messages?topics=all")).status_code == 401


@pytest.mark.parametrize(("kind", "role"), [("token", "dashboard"), ("device", "device")])
async def test_who_is_revoked_at_one_is_shut_out_at_the_other(
    both: tuple[Running, Running], kind: str, role: str
) -> None:
    """Within two seconds; the close code tells that it is for good."""
    one, other = both
    token = one.issuer.issue(
        subject="shared", tenant="acme", role=Role(role), ttl=3_600, now=time.time() - 100
    )
    opened = other.dashboard if role == "dashboard" else other.device
    async with (
        one.client("admin", tenant="*") as admin,
        opened(token=token) as socket,
        other.client() as client,
    ):
        await heard(socket)
        name = one.verified(token).token_id if kind == "token" else "shared"
        revoked = await admin.post(
            "/api/admin/revocations?tenant=acme", json={"kind": kind, "name": name}
        )
        assert revoked.status_code == 204
        assert await end_of(socket) == (4401, "the token was revoked")
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.get("/api/messages", headers=headers)
        assert answer.status_code == 401


async def test_while_redis_is_gone_each_counts_its_own_connections(
    both: tuple[Running, Running], redis: RedisServer
) -> None:
    """The door is not opened wider than to as many as there are gateways."""
    redis.stop()
    try:
        async with AsyncExitStack() as stack:
            for gateway in both:
                await health_names(await stack.enter_async_context(gateway.client()), "broker")
            for gateway in both * 2:
                await heard(await stack.enter_async_context(gateway.dashboard()))
            for gateway in both:
                with pytest.raises(InvalidStatus) as refused:
                    await gateway.dashboard()
                assert refused.value.response.status_code == 429
    finally:
        redis.start()
        redis.wait()
