"""A gateway on PostgreSQL while the server is frozen or away: docs/protocol.md §3.5."""

import asyncio
import time

import pytest

from app.errors import UnavailableError
from app.storage.postgres import store, transactions
from tests.conftest import Start
from tests.edge.wire import end_of, error_of, health_names, heard, measurement, until
from tests.postgres_server import PostgresServer

SOON = 10.0
"""Seconds within which the database is used again."""


@pytest.mark.parametrize("how", ["freeze", "stop"])
async def test_it_is_told_at_once_and_left_behind_without_a_restart(
    start: Start, troubled: PostgresServer, how: str
) -> None:
    async with (
        start(database_url=troubled.schema()) as gateway,
        gateway.client("device") as device,
    ):
        assert (await device.post("/api/ingest", json=measurement())).status_code == 200
        getattr(troubled, how)()
        health = await health_names(device, "store")
        sent = await device.post("/api/ingest", json=measurement(sensor_id="later"))
        for answer in (health, sent):
            error = error_of(answer.content)
            assert (answer.status_code, error["part"]) == (503, "store")
            assert answer.headers["retry-after"] == str(error["retry_after"])
        assert (await device.get("/health/live")).status_code == 200
        troubled.thaw() if how == "freeze" else troubled.start()

        async def is_ready() -> bool:
            return (await device.get("/health/ready")).status_code == 200

        await until(is_ready, within=SOON)
        kept = (await device.post("/api/ingest", json=measurement(sensor_id="later"))).json()
        assert kept["status"] in ("stored", "duplicate")
        again = (await device.post("/api/ingest", json=measurement())).json()
        assert again["status"] == "duplicate"


async def test_a_gateway_whose_database_was_emptied_ends_for_another_to_begin(
    start: Start, postgres: PostgresServer
) -> None:
    """It would number series as the former database did, and hold positions of that one."""
    url = postgres.schema()

    async def lost() -> None:
        async with start(database_url=url) as gateway, gateway.dashboard() as socket:
            await heard(socket)
            postgres.empty(url)
            assert (await end_of(socket))[0] == 1012

    with pytest.raises(UnavailableError, match="another database is there"):
        await lost()
    async with start(database_url=url) as gateway, gateway.client("device") as device:
        assert (await device.post("/api/ingest", json=measurement())).json()["status"] == "stored"


async def test_a_gateway_ends_in_time_while_it_is_frozen(
    start: Start, troubled: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked, waits, or is to be written still: nothing is cut by the grace's end."""
    monkeypatch.setattr(transactions, "STATEMENT", 0.5)
    monkeypatch.setattr(store, "QUESTION", 0.5)
    async with (
        start(database_url=troubled.schema()) as gateway,
        gateway.client("device") as device,
        gateway.client("dashboard") as dashboard,
        gateway.client() as nobody,
    ):
        assert (await device.post("/api/ingest", json=measurement())).status_code == 200
        await asyncio.gather(*(dashboard.get("/api/iaq/data") for _ in range(8)))
        assert (await nobody.get("/api/iaq/data")).status_code == 401  # for the audit
        troubled.freeze()
        asked = [asyncio.create_task(dashboard.get("/api/iaq/data")) for _ in range(20)]
        asked.append(asyncio.create_task(device.post("/api/ingest", json=measurement())))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        gateway.stop.set()
        await asyncio.gather(*asked, return_exceptions=True)
    assert time.monotonic() - began < gateway.settings.shutdown_grace
