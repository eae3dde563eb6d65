"""permessage-deflate between the gateway and a client that it knows nothing of (RFC 7692)."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import AsyncIterator, Iterator

import pytest
from websockets.asyncio.client import ClientConnection

from tests.conftest import ORIGIN, Running, Start
from tests.edge.wire import assert_silence, end_of, heard, measurement, say
from tests.transport.ws_peer import Peer, masked, request

LIFTED = 1_000
DEFLATED_TEXT = 0xC1


@pytest.fixture
async def compressing(start: Start) -> AsyncIterator[Running]:
    async with start(compression=True, limit_scale=LIFTED) as gateway:
        yield gateway


async def post(gateway: Running, count: int) -> list[str]:
    """The positions of so many measurements."""
    batch = [measurement(sensor_id=f"s{number}", timestamp=None) for number in range(count)]
    async with gateway.client("device") as device:
        answer = await device.post("/api/ingest", json=batch)
    return [item["position"] for item in answer.json()["results"]]


def answered(socket: ClientConnection) -> str | None:
    assert socket.response is not None
    return socket.response.headers.get("Sec-WebSocket-Extensions")


async def positions(socket: ClientConnection, count: int) -> list[str]:
    return [(await heard(socket))["position"] for _ in range(count)]


def bomb(size: int) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(bytes(size)) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


@contextlib.contextmanager
def peer(gateway: Running) -> Iterator[Peer]:
    """A peer that offers the extension, and has read its handshake's answer."""
    token = gateway.token("dashboard")
    with Peer(gateway.port) as opened:
        opened.send(
            request(
                Origin=ORIGIN,
                Authorization=f"Bearer {token}",
                Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits",
            )
        )
        yield opened


async def test_it_is_off_unless_it_is_turned_on(gateway: Running) -> None:
    async with gateway.dashboard() as socket:
        assert answered(socket) is None


async def test_every_message_arrives_in_order_and_readable(compressing: Running) -> None:
    async with compressing.dashboard() as socket:
        assert answered(socket) == (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        )
        assert (await heard(socket))["type"] == "connection"
        expected = [position for _ in range(5) for position in await post(compressing, 400)]
        assert await positions(socket, 2_000) == expected
        await assert_silence(socket)


async def test_those_with_and_those_without_it_get_the_same(compressing: Running) -> None:
    with_it, without_it = compressing.dashboard(), compressing.dashboard(compression=None)
    async with with_it as deflating, without_it as plain:
        assert answered(deflating)
        assert answered(plain) is None
        await heard(deflating)
        await heard(plain)
        await post(compressing, 50)
        for _ in range(50):
            assert await heard(deflating) == await heard(plain)


async def test_a_measurement_is_deflated_on_the_wire(compressing: Running) -> None:
    def first_heads() -> list[int]:
        with peer(compressing) as opened:
            assert b"permessage-deflate" in opened.head()
            opened.read(opened.read(4)[3])  # the greeting: 126 to 255 bytes, undeflated
            loop.call_soon_threadsafe(opened_it.set)
            return list(opened.read(2))

    loop, opened_it = asyncio.get_running_loop(), asyncio.Event()
    reading = asyncio.create_task(asyncio.to_thread(first_heads))
    await asyncio.wait_for(opened_it.wait(), 10)
    await post(compressing, 1)
    assert (await reading)[0] == DEFLATED_TEXT


async def test_a_client_may_deflate_its_commands_too(compressing: Running) -> None:
    async with compressing.dashboard() as socket:
        await heard(socket)
        topics = [f"alerts:Maison/Bureau{number}" for number in range(100)]
        answer = await say(socket, type="subscribe", topics=topics)
        assert len(answer["topics"]) == 101
        assert await say(socket, type="ping", id="x" * 60) == {"type": "pong", "id": "x" * 60}


async def test_who_reads_slowly_gets_everything_in_order_too(compressing: Running) -> None:
    async with compressing.dashboard() as socket:
        await heard(socket)
        socket.transport.pause_reading()
        expected = [position for _ in range(20) for position in await post(compressing, 500)]
        socket.transport.resume_reading()
        received: list[str] = []
        while len(received) < len(expected):
            message = await heard(socket)
            assert message["type"] == "measurement"
            received.append(message["position"])
        assert received == expected


async def test_the_past_and_the_present_are_joined(compressing: Running) -> None:
    kept = await post(compressing, 1_000)
    async with compressing.dashboard("?topics=") as socket:
        await heard(socket)
        answer = await say(socket, type="subscribe", topics=["all"], after=kept[9])
        assert answer["recovered"] is True
        kept += await post(compressing, 200)
        assert await positions(socket, 1_190) == kept[10:]
        await assert_silence(socket)


@pytest.mark.parametrize("size", [70_000, 40_000_000])
async def test_a_bomb_is_refused_with_1009(compressing: Running, size: int) -> None:
    def closing() -> bytes:
        with peer(compressing) as opened:
            opened.head()
            opened.send(masked(DEFLATED_TEXT, bomb(size)))
            return opened.read_to_end()

    assert b"\x88" in (ending := await asyncio.to_thread(closing))
    assert (1009).to_bytes(2, "big") + b"message too big" in ending


async def test_what_is_not_deflated_but_says_so_is_1002(compressing: Running) -> None:
    def closing() -> bytes:
        with peer(compressing) as opened:
            opened.head()
            opened.send(masked(DEFLATED_TEXT, json.dumps({"type": "ping"}).encode()))
            return opened.read_to_end()

    assert (1002).to_bytes(2, "big") + b"message is not deflated" in await asyncio.to_thread(
        closing
    )


async def test_a_deflated_message_without_negotiation_is_1002(compressing: Running) -> None:
    async with compressing.dashboard(compression=None) as socket:
        await heard(socket)
        socket.transport.write(masked(DEFLATED_TEXT, bomb(10)))
        assert (await end_of(socket))[0] == 1002
