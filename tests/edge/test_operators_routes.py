"""`/ws/stats`, `/health/…`, `/auth/jwks.json`: docs/protocol.md §3.5."""

import asyncio
import sqlite3

import pytest

from app.storage.sqlite import file
from tests.conftest import Running, Start
from tests.edge.wire import error_of, heard, measurement, say, until

OK = {"store": "ok", "gateway": "ok", "broker": "ok"}
NOBODY = dict.fromkeys(("measurements", "predictions", "actions", "alerts", "modules", "all"), 0)


async def test_the_statistics_are_exactly_the_documented_object(gateway: Running) -> None:
    async with gateway.client("admin") as admin:
        answer = await admin.get("/ws/stats")
        assert answer.json() == {"active_connections": 0, "subscriptions": NOBODY}
        assert list(answer.json()["subscriptions"]) == list(NOBODY)

        async with (
            gateway.dashboard() as everything,
            gateway.dashboard("?topics=measurements:Maison,measurements:Bistrot,alerts") as some,
            gateway.dashboard() as nothing,
        ):
            for socket in (everything, some, nothing):
                await heard(socket)
            await say(nothing, type="unsubscribe", topics=["all"])
            assert (await admin.get("/ws/stats")).json() == {
                "active_connections": 3,
                "subscriptions": {**NOBODY, "measurements": 1, "alerts": 1, "all": 1},
            }

        async def nobody_is_left() -> bool:
            stats: dict[str, int] = (await admin.get("/ws/stats")).json()
            return stats["active_connections"] == 0

        await until(nobody_is_left, within=5)


@pytest.mark.parametrize("role", ["dashboard", "device", "service", None])
async def test_the_statistics_are_for_admins(gateway: Running, role: str | None) -> None:
    async with gateway.client(role) as other:
        answer = await other.get("/ws/stats")
    expected = (403, "forbidden") if role else (401, "unauthenticated")
    assert (answer.status_code, error_of(answer.content)["code"]) == expected


async def test_a_gateway_that_works_is_live_and_ready(gateway: Running) -> None:
    async with gateway.client() as anyone:
        live, ready = await anyone.get("/health/live"), await anyone.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert ready.json() == {"status": "ready", "parts": OK}


async def test_while_the_store_keeps_nothing_it_is_not_ready_and_takes_nothing(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "BUSY_TIMEOUT", 0.3)
    async with start() as gateway, gateway.client("device") as device:
        holder = sqlite3.connect(gateway.settings.database_path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            device.get("/health/ready"), device.post("/api/ingest", json=measurement())
        )
        for answer in answers:
            error = error_of(answer.content)
            assert (answer.status_code, error["code"]) == (503, "unavailable")
            assert error["part"] == "store"
            assert answer.headers["retry-after"] == str(error["retry_after"])
        assert (await device.get("/health/live")).status_code == 200

        holder.execute("ROLLBACK")
        holder.close()
        assert (await device.get("/health/ready")).status_code == 200
        stored = (await device.post("/api/ingest", json=measurement())).json()
    assert stored["status"] == "stored"


async def test_the_public_keys_are_there_and_only_their_public_half(gateway: Running) -> None:
    async with gateway.client() as anyone:
        answer = await anyone.get("/auth/jwks.json")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "public, max-age=60"
    (key,) = answer.json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["alg"]) == ("EC", "ES256")
