"""A gateway with REDIS_URL while the server is frozen or away: docs/protocol.md §3.5."""

import time

import pytest

from tests.conftest import Start
from tests.edge.wire import measurement, until
from tests.redis_server import RedisServer

TOLD = 0.5
"""Seconds in which health names the broker."""
BUSY = 2.0
"""More, for a machine that others use as well."""
SOON = 10.0


@pytest.mark.parametrize("how", ["freeze", "stop"])
async def test_health_names_it_and_what_is_sent_is_kept_all_the_same(
    start: Start, redis: RedisServer, how: str
) -> None:
    async with start(redis_url=redis.url) as gateway, gateway.client("device") as device:

        async def is_ready() -> bool:
            return bool((await device.get("/health/ready")).json()["status"] == "ready")

        assert await is_ready()
        getattr(redis, how)()
        try:
            began = time.monotonic()
            health = await device.get("/health/ready")
            assert time.monotonic() - began < TOLD + BUSY
            assert (health.status_code, health.json()) == (
                200,
                {
                    "status": "degraded",
                    "parts": {"store": "ok", "gateway": "ok", "broker": "unavailable"},
                },
            )
            assert (await device.post("/api/ingest", json=measurement())).status_code == 200
        finally:
            redis.thaw() if how == "freeze" else redis.start()
        await until(is_ready, within=SOON)
