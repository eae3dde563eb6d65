"""Whatever goes wrong is told in one shape, and nothing that came in is told back."""

import asyncio

import pytest

from app.domain.ingest import Ingest
from tests.conftest import Running
from tests.edge.wire import error_of, measurement
from tests.transport.ws_peer import Peer

CANARY = "canary-4f1c"


WRONG = [
    ("GET", "/nowhere", 404, "not_found"),
    ("GET", "/docs", 404, "not_found"),
    ("GET", "/openapi.json", 404, "not_found"),
    ("GET", "/api/ingest", 405, "method_not_allowed"),
    ("DELETE", "/api/messages", 405, "method_not_allowed"),
    ("POST", "/ws", 405, "method_not_allowed"),
    ("GET", "/api/iaq/data?limit=x", 422, "invalid"),
    ("GET", "/ws", 426, "upgrade_required"),
]


async def test_every_error_has_the_one_shape(gateway: Running) -> None:
    async with gateway.client("dashboard") as client:
        for method, path, status, code in WRONG:
            answer = await client.request(method, path)
            assert (answer.status_code, error_of(answer.content)["code"]) == (status, code), path
            assert answer.headers["content-type"] == "application/json"
            assert ("allow" in answer.headers) is (status == 405)


async def test_who_asks_with_a_wrong_method_is_told_the_right_ones(gateway: Running) -> None:
    async with gateway.client() as client:
        for path, methods in (
            ("/health/live", "GET, HEAD"),
            ("/api/ingest", "POST"),
            ("/api/plans/Maison", "DELETE, GET, HEAD, PUT"),
        ):
            assert (await client.patch(path)).headers["allow"] == methods


async def test_head_is_answered_as_get_without_the_body(gateway: Running) -> None:
    async with gateway.client() as client:
        for path in ("/health/live", "/auth/jwks.json", "/api/iaq/data", "/nowhere"):
            head, get = await client.head(path), await client.get(path)
            assert (head.status_code, head.content) == (get.status_code, b"")
            for name in ("content-type", "content-length"):
                assert head.headers[name] == get.headers[name]


async def test_a_request_keeps_the_name_that_nginx_gave_it_and_no_other(gateway: Running) -> None:
    given = "0123456789abcdef" * 2
    async with gateway.client() as client:
        for name, kept in ((given, True), (CANARY, False), (given + "0", False)):
            answer = await client.get("/ws/stats", headers={"X-Request-ID": name})
            assert (error_of(answer.content)["request_id"] == name) is kept


async def test_the_gateways_own_fault_is_a_500_that_tells_nothing(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError(CANARY)

    monkeypatch.setattr(Ingest, "batch", broken)
    async with gateway.client("device") as device:
        answer = await device.post("/api/ingest", json=measurement())
    error = error_of(answer.content)
    assert (answer.status_code, error["code"]) == (500, "internal")
    assert CANARY not in answer.text
    assert "ZeroDivision" not in answer.text


async def test_nothing_that_comes_in_is_told_back(gateway: Running) -> None:
    token = {"Authorization": f"Bearer {CANARY}"}
    good = gateway.bearer("dashboard")
    device = gateway.bearer("device")
    async with gateway.client() as client:
        answers = [
            await client.get(f"/{CANARY}"),
            await client.get(f"/api/messages?topics={CANARY}", headers=good),
            await client.get(f"/api/messages?limit={CANARY}", headers=good),
            await client.get(f"/api/iaq/data?start={CANARY}", headers=good),
            await client.get(f"/api/iaq/data?step={CANARY}", headers=good),
            await client.get("/ws/stats", headers=token),
            await client.get("/ws/stats", headers={"Cookie": CANARY, "Origin": CANARY}),
            await client.post(f"/api/publish/{CANARY}", headers=gateway.bearer("service"), json={}),
            await client.request(CANARY.upper(), "/api/ingest"),
            *[
                await client.post("/api/ingest", headers=device, json=body)
                for body in (
                    CANARY,
                    {CANARY: 1},
                    measurement(sensor_id=CANARY * 20),
                    measurement(timestamp=CANARY),
                    measurement(tenant=CANARY),
                    measurement(values={CANARY: "x"}),
                    measurement(values={CANARY + "\n": 1}),
                    measurement(values={"CO2": CANARY}),
                    [measurement(values={CANARY: None})],
                )
            ],
        ]
    for answer in answers:
        assert CANARY not in answer.text.lower()
        assert CANARY not in str(answer.headers).lower()


async def test_a_head_beyond_its_bound_is_cut_off(gateway: Running) -> None:
    with Peer(gateway.port) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: gateway\r\n" + b"X: " + b"x" * 40_000)
        assert await asyncio.to_thread(peer.read_to_end) == b""
