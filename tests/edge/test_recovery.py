"""`subscribe {after}` and `GET /api/messages`: nothing missing, nothing twice, in order."""

import asyncio
import json
from typing import Any

from httpx2 import AsyncClient
from websockets.asyncio.client import ClientConnection

from tests.conftest import PATIENCE, Running, Start, on_every_store
from tests.edge import unheard

LIFTED = 1_000
"""A LIMIT_SCALE that no rate stands in the way of."""


async def post(device: AsyncClient, count: int, site: str = "") -> list[str]:
    """The positions of so many measurements, kept in one batch; by default of two sites."""
    items = [
        {
            "sensor_id": f"sensor{number % 7}",
            "enseigne": site or ("Maison" if number % 2 else "Boutique"),
            "salle": "Bureau",
            "values": {"CO2": number},
        }
        for number in range(count)
    ]
    answer = await device.post("/api/ingest", json=items)
    assert answer.status_code == 200, answer.text
    return [item["position"] for item in answer.json()["results"]]


async def receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
    return message


async def subscribe(socket: ClientConnection, after: str, topic: str = "all") -> dict[str, Any]:
    await socket.send(json.dumps({"type": "subscribe", "topics": [topic], "after": after}))
    return await receive(socket)


async def positions(socket: ClientConnection, count: int) -> list[str]:
    return [(await receive(socket))["position"] for _ in range(count)]


async def nothing_more_comes(socket: ClientConnection) -> None:
    """What was owed would come before the answer to a ping."""
    await socket.send('{"type": "ping"}')
    assert (await receive(socket))["type"] == "pong"


@on_every_store
async def test_the_past_and_the_present_are_joined_while_more_comes_in(start: Start) -> None:
    async with start(limit_scale=LIFTED) as gateway, gateway.client("device") as device:
        kept = await post(device, 1_000)
        async with gateway.dashboard("?topics=") as socket:
            assert (await receive(socket))["subscriptions"] == []
            answer = await subscribe(socket, kept[9])
            assert answer["recovered"] is True
            assert answer["position"] == kept[9]

            async def go_on() -> None:
                for _ in range(20):
                    kept.extend(await post(device, 100))

            going_on = asyncio.create_task(go_on())
            received = await positions(socket, 2_990)
            await going_on
            assert received == kept[10:]
            await nothing_more_comes(socket)


@on_every_store
async def test_what_was_sent_on_this_connection_is_not_sent_again(gateway: Running) -> None:
    async with gateway.client("device") as device:
        before = await post(device, 10)
        async with gateway.dashboard() as socket:
            await receive(socket)
            live = await post(device, 5)
            assert await positions(socket, 5) == live
            assert (await subscribe(socket, before[6]))["recovered"] is True
            assert await positions(socket, 3) == before[7:]
            assert (await subscribe(socket, before[6]))["recovered"] is True
            await nothing_more_comes(socket)


@on_every_store
async def test_a_replay_is_narrowed_like_the_topics_it_is_asked_for(gateway: Running) -> None:
    async with gateway.client("device") as device:
        kept = await post(device, 10)
        async with gateway.dashboard("?topics=") as socket:
            await receive(socket)
            await subscribe(socket, kept[0], "measurements:Maison")
            assert await positions(socket, 5) == kept[1::2]
            await nothing_more_comes(socket)


async def test_a_foreign_position_recovers_nothing_and_says_so(gateway: Running) -> None:
    async with gateway.client("device", tenant="other") as device:
        (foreign,) = await post(device, 1)
    async with gateway.client("device") as device, gateway.dashboard() as socket:
        position = (await receive(socket))["position"]
        for after in (foreign, "nonsense", position + "0"):
            answer = await subscribe(socket, after)
            assert answer["recovered"] is False
            assert answer["position"] == position
        assert await post(device, 1) == await positions(socket, 1)


@on_every_store
async def test_what_is_past_retention_is_not_recovered_and_it_is_said(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
        kept = await post(device, 5)
        await unheard.prune(gateway.settings)
        kept += await post(device, 2)
        page = (await dashboard.get("/api/messages", params={"after": kept[1]})).json()
        assert page["recovered"] is False
        assert [message["position"] for message in page["messages"]] == kept[5:]
        page = (await dashboard.get("/api/messages", params={"after": kept[4]})).json()
        assert page["recovered"] is True
        async with gateway.dashboard("?topics=") as socket:
            await receive(socket)
            answer = await subscribe(socket, kept[1])
            assert (answer["recovered"], answer["position"]) == (False, kept[6])
            await nothing_more_comes(socket)


@on_every_store
async def test_a_socket_is_closed_rather_than_sent_a_part(gateway: Running) -> None:
    async with gateway.client("device") as device:
        kept = await post(device, 5)
        async with gateway.dashboard("?topics=") as socket:
            await receive(socket)
            await unheard.prune(gateway.settings)
            assert (await subscribe(socket, kept[1]))["recovered"] is True
            await asyncio.wait_for(socket.wait_closed(), 10)
            assert socket.close_code == 1012
        async with gateway.dashboard("?topics=") as socket:
            await receive(socket)
            assert (await subscribe(socket, kept[1]))["recovered"] is False


@on_every_store
async def test_pages_of_messages_join_without_hole_or_repeat(start: Start) -> None:
    async with start(limit_scale=LIFTED) as gateway, gateway.client("device") as device:
        kept = await post(device, 50)
        async with gateway.client("dashboard") as dashboard:
            position, read, more = kept[4], [], True
            while more:
                page = await dashboard.get("/api/messages", params={"after": position, "limit": 7})
                content = page.json()
                position, more = content["position"], content["more"]
                read += [message["position"] for message in content["messages"]]
            assert read == kept[5:]


@on_every_store
async def test_no_position_is_given_out_before_the_hub_knows_it(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
        (last,) = await post(device, 1)
        await dashboard.get("/api/messages")  # from here on the hub knows the tenant
        await unheard.commit(gateway.settings, "acme")
        for route in ("/api/iaq/data", "/api/messages", f"/api/messages?after={last}"):
            answer = (await dashboard.get(route)).json()
            page = answer if isinstance(answer, dict) else {"messages": answer}
            positions = {message["position"] for message in page["messages"]}
            assert positions | {page.get("position", last)} == {last}, route


@on_every_store
async def test_a_long_poll_is_answered_when_something_comes(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
        (last,) = await post(device, 1)
        params = {"after": last, "wait": "20", "topics": "measurements:Boutique"}
        waiting = asyncio.create_task(dashboard.get("/api/messages", params=params))
        kept = await post(device, 2)
        messages = (await waiting).json()["messages"]
        assert [message["position"] for message in messages] == [kept[0]]


async def test_a_long_poll_misses_nothing_that_comes_while_it_looks(start: Start) -> None:
    async with start(limit_scale=LIFTED) as gateway, gateway.client("device") as device:
        (first,) = await post(device, 1)
        for _ in range(20):  # something to look through
            await post(device, 1_000)
        async with gateway.client("dashboard") as dashboard, asyncio.timeout(PATIENCE):
            for number in range(20):
                params = {"after": first, "wait": "20", "topics": f"measurements:Site {number}"}
                waiting = asyncio.create_task(dashboard.get("/api/messages", params=params))
                await asyncio.sleep(number / 2_000)  # meets it before, while and after it looks
                kept = await post(device, 1, f"Site {number}")
                messages = (await waiting).json()["messages"]
                assert [message["position"] for message in messages] == kept


async def test_a_long_poll_that_nothing_ends_is_an_empty_page(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
        (last,) = await post(device, 1)
        page = await dashboard.get("/api/messages", params={"after": last, "wait": 0.1})
        assert page.json() == {
            "position": last,
            "recovered": True,
            "more": False,
            "messages": [],
        }
