"""The life of a socket, from its first command to its close code: docs/protocol.md §4.2 to §4.5."""

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import ClientConnection

from app.storage.records import tenants
from app.storage.sqlite.sql import records
from tests.conftest import Running, Start
from tests.edge.wire import NOTICES, PATIENCE, assert_silence, end_of, heard, measurement, say
from tests.transport.ws_peer import Peer, request

CLOSE, PING = 0x8, 0x9


async def ingest(gateway: Running, *places: tuple[str, str]) -> None:
    """A measurement from each of these places."""
    batch = [
        measurement(sensor_id=f"{enseigne}-{salle}", enseigne=enseigne, salle=salle)
        for enseigne, salle in places
    ]
    async with gateway.client("device") as device:
        assert (await device.post("/api/ingest", json=batch)).status_code == 200


async def publish(gateway: Running, topic: str) -> None:
    async with gateway.client("service") as service:
        answer = await service.post(f"/api/publish/{topic}", json=NOTICES[topic])
        assert answer.status_code == 200


async def places_heard(socket: ClientConnection, count: int) -> list[tuple[str, str]]:
    messages = [await heard(socket) for _ in range(count)]
    await assert_silence(socket)
    return [(message["enseigne"], message["salle"]) for message in messages]


async def test_a_connection_hears_what_it_subscribes_to_and_no_more(gateway: Running) -> None:
    async with gateway.dashboard("?topics=measurements") as socket:
        await heard(socket)
        await publish(gateway, "alerts")
        await assert_silence(socket)

        answer = await say(socket, type="subscribe", topics=["alerts"], id=7)
        assert (answer["type"], answer["id"]) == ("subscribed", 7)
        assert answer["topics"] == ["alerts", "measurements"]
        await publish(gateway, "alerts")
        assert (await heard(socket))["type"] == "alert"

        answer = await say(socket, type="unsubscribe", topics=["measurements"], id="b")
        assert answer == {"type": "unsubscribed", "topics": ["alerts"], "id": "b"}
        await ingest(gateway, ("Maison", "Bureau"))
        await assert_silence(socket)

        assert await say(socket, type="ping") == {"type": "pong"}


async def test_narrowed_topics_hear_their_place_alone(gateway: Running) -> None:
    said = [("Maison", "Bureau"), ("Maison", "Salon"), ("Bistrot", "Bureau"), ("A/B", "é: %")]
    expected = {
        "measurements:Maison": said[:2],
        "measurements:Maison/Salon": said[1:2],
        "measurements:Bistrot,measurements:Maison/Bureau": [said[0], said[2]],
        "all:A%252FB/%25C3%25A9%253A%2520%2525": said[3:],
        "alerts": [],
    }
    async with contextlib.AsyncExitStack() as stack:
        sockets = {
            topics: await stack.enter_async_context(gateway.dashboard(f"?topics={topics}"))
            for topics in expected
        }
        for socket in sockets.values():
            await heard(socket)
        await ingest(gateway, *said)
        for topics, places in expected.items():
            assert await places_heard(sockets[topics], len(places)) == places


async def test_a_message_comes_once_however_many_topics_match(gateway: Running) -> None:
    topics = ["all", "measurements", "measurements:Maison", "measurements:Maison/Bureau"]
    async with gateway.dashboard(f"?topics={','.join(topics)}") as socket:
        assert (await heard(socket))["subscriptions"] == topics
        await ingest(gateway, ("Maison", "Bureau"))
        assert await places_heard(socket, 1) == [("Maison", "Bureau")]


async def test_a_token_narrowed_to_topics_hears_only_these(gateway: Running) -> None:
    async with gateway.dashboard(topics=["measurements:Maison", "alerts"]) as socket:
        assert (await heard(socket))["subscriptions"] == ["all"]
        await publish(gateway, "actions")
        await ingest(gateway, ("Bistrot", "Bureau"), ("Maison", "Bureau"))
        assert await places_heard(socket, 1) == [("Maison", "Bureau")]

        answer = await say(socket, type="subscribe", topics=["actions"], id=1)
        assert (answer["code"], answer["id"], answer["retryable"]) == ("forbidden", 1, False)


async def test_a_token_narrowed_to_sensors_hears_only_these(gateway: Running) -> None:
    async with gateway.dashboard(sensors=["Maison-Bureau"]) as socket:
        await heard(socket)
        await publish(gateway, "alerts")
        await ingest(gateway, ("Bistrot", "Bureau"), ("Maison", "Bureau"))
        assert await places_heard(socket, 1) == [("Maison", "Bureau")]


BAD: list[tuple[str, str]] = [
    ("nonsense", "bad_request"),
    ("[]", "invalid"),
    ("{}", "unknown_command"),
    ('{"type": "publish"}', "unknown_command"),
    ('{"type": "subscribe"}', "invalid"),
    ('{"type": "subscribe", "topics": []}', "invalid"),
    ('{"type": "subscribe", "topics": "all"}', "invalid"),
    ('{"type": "subscribe", "topics": ["weather"]}', "invalid_topic"),
    ('{"type": "ping", "id": {}}', "invalid"),
]


async def test_a_bad_command_is_answered_and_changes_nothing(gateway: Running) -> None:
    async with gateway.dashboard() as socket:
        await heard(socket)
        for text, code in BAD:
            await socket.send(text)
            answer = await heard(socket)
            assert answer.keys() == {"type", "code", "message", "retryable"}
            assert (answer["type"], answer["code"]) == ("error", code), text
            assert "weather" not in answer["message"]
        await assert_silence(socket)
        await socket.send('{"type": "subscribe", "topics": ["weather"], "id": "x"}')
        assert (await heard(socket))["id"] == "x"


async def test_repeated_bad_commands_end_it_with_4400(start: Start) -> None:
    async with start(max_bad_commands=3) as gateway, gateway.dashboard() as socket:
        for text in ("a", "b", '{"type": "ping"}', "c", "d", "e"):
            await socket.send(text)
        assert (await end_of(socket))[0] == 4400


async def test_a_connection_has_at_most_its_number_of_topics(start: Start) -> None:
    async with start(max_topics_per_connection=2) as gateway, gateway.dashboard() as socket:
        await heard(socket)
        for topics in (["all:a", "all:b"], ["all:a", "all:b", "all:c"]):
            answer = await say(socket, type="subscribe", topics=topics)
            assert (answer["type"], answer["code"]) == ("error", "invalid")
        answer = await say(socket, type="subscribe", topics=["all:a"])
        assert answer["topics"] == ["all", "all:a"]


async def test_too_many_messages_end_it_with_4429_and_say_when_to_return(start: Start) -> None:
    async with (
        start(message_rate_per_connection="2/minute") as gateway,
        gateway.dashboard() as socket,
    ):
        for _ in range(5):
            await socket.send('{"type": "ping"}')
        code, reason = await end_of(socket)
    assert code == 4429
    wait = int(reason.removeprefix("retry_after="))
    assert 1 <= wait <= 31


async def test_binary_ends_it_with_1003_and_a_message_too_big_with_1009(gateway: Running) -> None:
    async with gateway.dashboard() as socket:
        await socket.send(b"\x00")
        assert (await end_of(socket))[0] == 1003
    async with gateway.dashboard() as socket:
        await socket.send("x" * (gateway.settings.max_message_bytes + 1))
        assert (await end_of(socket))[0] == 1009


async def test_a_token_that_ends_ends_its_socket_within_five_seconds(gateway: Running) -> None:
    async with gateway.dashboard(ttl=5) as socket:
        assert (await end_of(socket, within=12))[0] == 4401


async def test_a_disabled_tenants_sockets_end_within_two_seconds_and_stay_out(
    gateway: Running,
) -> None:
    async with gateway.dashboard() as socket, gateway.dashboard(tenant="globex") as other:
        await heard(socket)
        with records(gateway.settings.database_path) as sql:
            tenants.disable(sql, "acme", disabled=True)
        assert (await end_of(socket))[0] == 4403
        await heard(other)
        await assert_silence(other)
    async with gateway.client("device") as device:
        assert (await device.post("/api/ingest", json=measurement())).status_code == 401


def silent_peer(gateway: Running) -> list[tuple[int, bytes]]:
    """What a socket that answers nothing is sent, as opcodes and payloads, up to its close."""
    with Peer(gateway.port) as peer:
        peer.send(request(Authorization=gateway.bearer("dashboard")["Authorization"]))
        assert peer.head().startswith(b"HTTP/1.1 101 ")
        frames: list[tuple[int, bytes]] = []
        while not frames or frames[-1][0] != CLOSE:
            head, length = peer.read(2)
            size = int.from_bytes(peer.read(2)) if length == 126 else length
            frames.append((head & 0x0F, peer.read(size)))
        return frames


async def test_who_answers_pings_stays_and_who_is_silent_ends_with_4408(start: Start) -> None:
    async with start(heartbeat=0.5, idle_timeout=6) as gateway, gateway.dashboard() as answering:
        await heard(answering)
        frames = await asyncio.to_thread(silent_peer, gateway)
        assert frames.count((PING, b"")) >= 2
        assert int.from_bytes(frames[-1][1][:2]) == 4408
        await assert_silence(answering)


async def test_a_gateway_that_stops_ends_its_sockets_with_1012(start: Start) -> None:
    async with start() as gateway:
        sockets = [await gateway.dashboard() for _ in range(3)]
        gateway.stop.set()
        assert [(await end_of(socket))[0] for socket in sockets] == [1012] * 3


@pytest.mark.parametrize("text", ["ping", "pong"])
async def test_frames_of_the_clients_own_are_answered_below_the_protocol(
    gateway: Running, text: str
) -> None:
    async with gateway.dashboard() as socket:
        await heard(socket)
        if text == "ping":
            await asyncio.wait_for(await socket.ping(b"life"), PATIENCE)
        else:
            await socket.pong(b"life")
        await assert_silence(socket)
