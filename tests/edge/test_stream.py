"""`/ws/ingest`, a device's socket: docs/protocol.md §5."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.cli.records import records
from app.domain import stream as stream_module
from app.storage.records import tenants
from tests.conftest import ORIGIN, Running, Start, on_every_store
from tests.edge.wire import end_of, heard, measurement, refusal_of, say
from tests.transport.ws_peer import Peer, masked, request


def batch(*numbers: int, sensor_id: str = "s") -> list[dict[str, Any]]:
    """Measurements a second apart."""
    return [
        measurement(sensor_id=sensor_id, timestamp=f"2025-11-19T10:{n // 60:02}:{n % 60:02}Z")
        for n in numbers
    ]


async def deliver(socket: ClientConnection, identifier: object, items: object) -> dict[str, Any]:
    return await say(socket, type="ingest", id=identifier, measurements=items)


async def kept(gateway: Running, sensor_id: str) -> list[str]:
    async with gateway.client("dashboard") as dashboard:
        params = {"sensor_id": sensor_id, "start": "2000-01-01T00:00:00Z"}
        records = (await dashboard.get("/api/iaq/data", params=params)).json()
    return [record["timestamp"] for record in records]


async def rest_of(socket: ClientConnection) -> list[dict[str, Any]]:
    """Every message up to its end."""
    messages: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            messages.append(await heard(socket))
    return messages


def items_of(sensor_id: str, items: list[Any]) -> list[Any]:
    return [{**one, "sensor_id": sensor_id} if one and one != 5 else one for one in items]


def without_times(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What two answers to the same may have in common."""
    own = ("received_at", "position", "sensor_id")
    told = [{name: one[name] for name in one if name not in own} for one in results]
    for one in told:
        one.get("error", {}).pop("request_id", None)
    return told


class TestHandshake:
    async def test_the_greeting_is_exactly_the_documented_one(self, gateway: Running) -> None:
        async with gateway.device() as socket:
            greeting = await heard(socket)
        assert greeting.pop("timestamp") < greeting.pop("expires_at")
        assert greeting == {
            "type": "connection", "status": "connected", "tenant": "acme",
            "heartbeat": 25, "max_batch": 1_000,
        }  # fmt: skip

    async def test_each_role_has_its_own_address(self, gateway: Running) -> None:
        for role, path in (("dashboard", "/ws/ingest"), ("device", "/ws")):
            token = gateway.token(role)
            status, _, error = await refusal_of(gateway.device(path, token=token))
            assert (status, error["code"]) == (403, "forbidden")

    async def test_the_rules_are_those_of_the_other_socket(self, gateway: Running) -> None:
        url = f"ws://127.0.0.1:{gateway.port}/ws/ingest"
        token = gateway.token("device")
        bearer = {"Authorization": f"Bearer {token}"}
        offered: Any = ["iaqverse.v1", f"bearer.{token}"]
        refused: list[tuple[connect, int]] = [
            (connect(url), 401),
            (connect(url, additional_headers={"Cookie": f"token={token}"}), 401),
            (connect(url, additional_headers=bearer, subprotocols=offered), 400),
            (connect(f"{url}?ticket=abc", additional_headers=bearer), 400),
            (connect(f"{url}?token={token}"), 400),
            (connect(url, additional_headers={**bearer, "Origin": "https://evil.example"}), 403),
        ]
        for attempt, expected in refused:
            assert (await refusal_of(attempt))[0] == expected
        async with connect(url, subprotocols=offered, origin=ORIGIN) as socket:  # type: ignore[arg-type]  # a NewType of str
            assert (await heard(socket))["type"] == "connection"
            assert socket.subprotocol == "iaqverse.v1"
        async with gateway.client("device") as client:
            assert (await client.get("/ws/ingest")).status_code == 426

    async def test_it_takes_a_place_like_any_socket(self, start: Start) -> None:
        async with start(connections_per_tenant=1) as gateway, gateway.device() as socket:
            await heard(socket)
            status, _, error = await refusal_of(gateway.device())
            assert (status, error["limit"]) == (429, "connections_per_tenant")


class TestFrames:
    @on_every_store
    async def test_a_frame_is_answered_as_the_same_array_that_is_posted(
        self, gateway: Running
    ) -> None:
        deep: Any = 1
        for _ in range(4):
            deep = [deep]
        several: list[list[Any]] = [
            batch(1, 2),
            [*batch(3), measurement(values={}), {}, 5, *batch(4)],
            [measurement(timestamp="yesterday"), measurement(room=deep)],
            [measurement(tenant="globex"), *batch(5, 5)],
        ]
        for items in several:
            posted, streamed = items_of("p", items), items_of("w", items)
            async with gateway.client("device") as client, gateway.device() as socket:
                await heard(socket)
                told = (await client.post("/api/ingest", json=posted)).json()["results"]
                ack = await deliver(socket, 1, streamed)
            assert (ack["type"], ack["id"]) == ("ack", 1)
            assert without_times(ack["results"]) == without_times(told)
        assert await kept(gateway, "p") == await kept(gateway, "w") != []

    @on_every_store
    async def test_what_is_acknowledged_is_kept_and_sent_again_is_a_duplicate(
        self, gateway: Running
    ) -> None:
        for status in ("stored", "duplicate"):
            async with gateway.device() as socket:
                await heard(socket)
                ack = await deliver(socket, "a", batch(1, 2))
                assert [one["status"] for one in ack["results"]] == [status] * 2
        assert len(await kept(gateway, "s")) == 2

    @on_every_store
    async def test_many_frames_may_be_under_way_and_each_is_answered_once(
        self, gateway: Running
    ) -> None:
        async with gateway.device() as socket:
            await heard(socket)
            for n in range(200):
                frame = {"type": "ingest", "id": n, "measurements": batch(2 * n, 2 * n + 1)}
                await socket.send(json.dumps(frame))
            acks = [await heard(socket) for _ in range(200)]
        assert sorted(ack["id"] for ack in acks) == list(range(200))
        assert len(await kept(gateway, "s")) == 400

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ({"id": 1, "measurements": []}, "invalid"),
            ({"id": 1}, "invalid"),
            ({"measurements": [{}]}, "invalid"),
            ({"id": "x" * 65, "measurements": [{}]}, "invalid"),
            ({"id": 1, "measurements": batch(1, 2, 3)}, "too_large"),
            ({"id": 1, "measurements": [[[[[[[[[]]]]]]]]]}, "too_deep"),
            ({"id": 1, "type": "subscribe", "topics": ["all"]}, "unknown_command"),
        ],
    )
    async def test_what_cannot_be_read_as_a_whole_is_an_error_and_nothing_is_kept(
        self, start: Start, frame: dict[str, Any], code: str
    ) -> None:
        async with start(max_batch=2) as gateway, gateway.device() as socket:
            await heard(socket)
            answer = await say(socket, **{"type": "ingest", **frame})
            assert (answer["type"], answer["code"], answer["retryable"]) == ("error", code, False)
            assert await kept(gateway, "s") == []
            assert await say(socket, type="ping", id=2) == {"type": "pong", "id": 2}

    async def test_a_limit_is_told_with_its_name_and_when_to_come_back(self, start: Start) -> None:
        rates = {"backlog_rate_per_token": "3/hour"}
        async with start(**rates) as gateway, gateway.device() as socket:
            await heard(socket)
            assert (await deliver(socket, 1, batch(1, 2)))["type"] == "ack"
            error = await deliver(socket, 2, batch(3, 4))
            assert (error["type"], error["id"], error["retryable"]) == ("error", 2, True)
            assert error["limit"] == "backlog_rate_per_token"
            assert error["retry_after"] >= 1
            live = await deliver(socket, 3, [measurement(timestamp=None)])
            assert live["results"][0]["status"] == "stored"
            assert len(await kept(gateway, "s")) == 2

    async def test_sensors_that_the_token_does_not_name_are_rejected(
        self, gateway: Running
    ) -> None:
        async with gateway.device(sensors=["s"]) as socket:
            await heard(socket)
            ack = await deliver(socket, 1, [*batch(1), measurement(sensor_id="other")])
        assert ack["results"][0]["status"] == "stored"
        assert ack["results"][1]["error"]["code"] == "unknown_sensor"


class TestBackPressure:
    async def test_with_too_much_under_way_it_is_not_read_from_and_nothing_is_lost(
        self, gateway: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_module, "FRAMES", 2)
        async with gateway.device() as socket:
            await heard(socket)
            for n in range(20):
                frame = {"type": "ingest", "id": n, "measurements": batch(n)}
                await socket.send(json.dumps(frame))
            acks = [await heard(socket) for _ in range(20)]
            assert await say(socket, type="ping") == {"type": "pong"}
        assert [ack["id"] for ack in acks] == list(range(20))
        async with gateway.client() as client:
            told = (await client.get("/metrics")).text
        assert "iaqverse_frames_acknowledged_total 20.0" in told
        assert "iaqverse_streams_held_total 0.0" not in told  # how often is up to the commits
        assert "iaqverse_frames_under_way 0.0" in told

    async def test_the_bytes_under_way_are_bounded_too(
        self, gateway: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_module, "BYTES", 1)
        async with gateway.device() as socket:
            await heard(socket)
            for n in range(5):
                frame = {"type": "ingest", "id": n, "measurements": batch(n)}
                await socket.send(json.dumps(frame))
            assert [(await heard(socket))["id"] for _ in range(5)] == list(range(5))
        async with gateway.client() as client:
            assert "iaqverse_streams_held_total 5.0" in (await client.get("/metrics")).text


class TestLife:
    async def test_a_token_is_renewed_in_place(self, gateway: Running) -> None:
        async with gateway.device(ttl=4, subject="hub") as socket:
            await heard(socket)
            token = gateway.token("device", subject="hub", sensors=["s"])
            assert (await say(socket, type="auth", token=token))["type"] == "authenticated"
            await asyncio.sleep(4.5)
            ack = await deliver(socket, 1, [*batch(1), measurement(sensor_id="other")])
            assert [one["status"] for one in ack["results"]] == ["stored", "rejected"]

    async def test_a_dashboards_token_does_not_renew_it(self, gateway: Running) -> None:
        async with gateway.device() as socket:
            await heard(socket)
            answer = await say(socket, type="auth", token=gateway.token("dashboard"))
            assert (answer["type"], answer["code"]) == ("error", "forbidden")

    async def test_its_end_is_4401(self, gateway: Running) -> None:
        async with gateway.device(ttl=4) as socket:
            assert (await end_of(socket, within=9))[0] == 4401

    @on_every_store
    async def test_a_disabled_tenants_end_is_4403(self, gateway: Running) -> None:
        async with gateway.device() as socket:
            await heard(socket)
            await deliver(socket, 1, batch(1))  # the tenant is known from then on
            with records(gateway.settings) as sql:
                tenants.disable(sql, "acme", disabled=True)
            assert (await end_of(socket, within=2))[0] == 4403

    async def test_who_is_silent_is_closed_with_4408(self, start: Start) -> None:
        async with start(heartbeat=0.5, idle_timeout=1.5) as gateway:

            def silence() -> bytes:
                token = gateway.bearer("device")["Authorization"]
                with Peer(gateway.port) as peer:
                    peer.send(request("/ws/ingest", Authorization=token))
                    return peer.read_to_end()

            received = await asyncio.to_thread(silence)
        assert (4408).to_bytes(2, "big") in received

    @on_every_store
    async def test_a_gateway_that_stops_answers_what_is_under_way_then_ends_with_1012(
        self, start: Start
    ) -> None:
        async with start() as gateway:
            idle = await gateway.device()
            busy = await gateway.device()
            await heard(busy)
            for n in range(10):
                frame = {"type": "ingest", "id": n, "measurements": batch(n)}
                await busy.send(json.dumps(frame))
            first = await heard(busy)
            gateway.stop.set()
            acks = [first, *await rest_of(busy)]
            assert (await end_of(busy))[0] == (await end_of(idle))[0] == 1012
        async with start() as again:
            assert len(await kept(again, "s")) == len(acks)
            async with again.client() as client:
                assert "iaqverse_frames_under_way 0.0" in (await client.get("/metrics")).text

    async def test_repeated_bad_frames_end_it_with_4400(self, start: Start) -> None:
        async with start(max_bad_commands=2) as gateway, gateway.device() as socket:
            for _ in range(2):
                await socket.send("nonsense")
            assert (await end_of(socket))[0] == 4400

    async def test_frames_after_the_close_are_not_kept(self, gateway: Running) -> None:
        def say_more() -> None:
            token = gateway.bearer("device")["Authorization"]
            frame = {"type": "ingest", "id": 1, "measurements": batch(1)}
            with Peer(gateway.port) as peer:
                peer.send(request("/ws/ingest", Authorization=token))
                assert peer.head().startswith(b"HTTP/1.1 101 ")
                text, close = json.dumps(frame).encode(), (1003).to_bytes(2, "big")
                peer.send(masked(0x82, b"x") + masked(0x81, text) + masked(0x88, close))
                peer.read_to_end()

        await asyncio.to_thread(say_more)
        assert await kept(gateway, "s") == []
