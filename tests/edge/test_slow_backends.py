"""Redis and PostgreSQL that answer late, or not at all for a while: docs/protocol.md §3.5."""

import asyncio
import time
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from typing import Any

from httpx2 import AsyncClient

from tests.conftest import Start
from tests.edge.test_gateways import sensors_of
from tests.edge.wire import NOTICES, heard, measurement, until
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer
from tests.slow_link import SlowLink

TOLD = 0.5
"""Seconds in which health names what is slow."""
BUSY = 2.0
"""More, for a machine that others use as well."""
RECOVERED = 10.0
SLOW = 1.0
STALL = 2.0
RATE = 3
PATIENCE = 15.0


class Sender:
    """Posts one measurement after the other, each until it is acknowledged."""

    def __init__(self, device: AsyncClient) -> None:
        self._device = device
        self.acknowledged: list[str] = []
        self.longest = 0.0
        """Seconds for an answer."""

    async def run(self, stop: asyncio.Event) -> None:
        for number in count():
            name = f"sensor-{number}"
            await until(partial(self._acknowledged, name), within=PATIENCE)
            self.acknowledged.append(name)
            if stop.is_set():
                return
            await asyncio.sleep(0.04)

    async def _acknowledged(self, name: str) -> bool:
        began = time.monotonic()
        answer = await self._device.post("/api/ingest", json=measurement(sensor_id=name))
        self.longest = max(self.longest, time.monotonic() - began)
        assert answer.status_code in {200, 503}, answer.text
        return answer.status_code == 200


async def is_ready(client: AsyncClient) -> bool:
    return bool((await client.get("/health/ready")).json().get("status") == "ready")


async def health_names(client: AsyncClient, part: str) -> None:
    """Soon, and within half a second: the quickest answer, since others use the machine."""
    took: list[float] = []

    async def does() -> bool:
        began = time.monotonic()
        body: dict[str, Any] = (await client.get("/health/ready")).json()
        took.append(time.monotonic() - began)
        parts = body.get("parts", {})
        return part in (body.get("error", {}).get("part"), *(p for p in parts if parts[p] != "ok"))

    await until(does, within=PATIENCE)
    for _ in range(2):
        await does()
    assert min(took) < TOLD + BUSY


async def test_a_slow_redis_holds_nobody_up_and_loses_nothing(
    start: Start, postgres: PostgresServer, redis_7: RedisServer
) -> None:
    redis_7.empty()
    async with AsyncExitStack() as stack:
        link = stack.enter_context(SlowLink(redis_7.folder / "redis.sock"))
        settings: dict[str, Any] = {
            "database_url": postgres.schema(),
            "redis_url": f"unix://{link.place}",
            "publish_rate_per_token": f"{RATE}/hour",
        }
        here, there = [await stack.enter_async_context(start(**settings)) for _ in range(2)]
        device = await stack.enter_async_context(here.client("device"))
        service = await stack.enter_async_context(here.client("service"))
        socket = await stack.enter_async_context(there.dashboard("?topics=measurements"))
        await heard(socket)
        await until(lambda: is_ready(device), within=RECOVERED)
        assert await published(service, RATE + 1) == [*[200] * RATE, 429]
        sender, stop = Sender(device), asyncio.Event()
        sending = asyncio.create_task(sender.run(stop))

        link.delay = SLOW
        await health_names(device, "broker")
        assert await published(service) == [429]
        link.mend()
        await until(lambda: is_ready(device), within=RECOVERED)

        link.stall()
        await health_names(device, "broker")
        await asyncio.sleep(STALL)
        assert await published(service) == [429]
        link.mend()
        await until(lambda: is_ready(device), within=RECOVERED)

        stop.set()
        await sending
        assert sender.longest < TOLD + BUSY
        assert await sensors_of(socket, len(sender.acknowledged)) == sender.acknowledged


async def test_what_a_slow_postgresql_acknowledged_is_kept(
    start: Start, postgres: PostgresServer
) -> None:
    async with AsyncExitStack() as stack:
        (server,) = postgres.folder.glob(".s.PGSQL.*[0-9]")
        link = stack.enter_context(SlowLink(server))
        url = postgres.schema().replace(str(postgres.folder), str(link.place.parent))
        gateway = await stack.enter_async_context(start(database_url=url))
        device = await stack.enter_async_context(gateway.client("device"))
        prober = await stack.enter_async_context(gateway.client())
        socket = await stack.enter_async_context(gateway.dashboard("?topics=measurements"))
        await heard(socket)
        sender, stop = Sender(device), asyncio.Event()
        sending = asyncio.create_task(sender.run(stop))

        link.delay = SLOW
        await health_names(prober, "store")
        link.mend()
        await until(lambda: is_ready(prober), within=RECOVERED)

        link.stall()
        await health_names(prober, "store")
        await asyncio.sleep(STALL)
        link.mend()
        await until(lambda: is_ready(prober), within=RECOVERED)

        stop.set()
        await sending
        assert await sensors_of(socket, len(sender.acknowledged)) == sender.acknowledged


async def published(service: AsyncClient, times: int = 1) -> list[int]:
    path, body = "/api/publish/alerts", NOTICES["alerts"]
    return [(await service.post(path, json=body)).status_code for _ in range(times)]
