"""On PostgreSQL: its stops, starts and freezes and the gateway's kills lose and double nothing.

An empty one is begun anew.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.principal import Role
from tests.chaos.conftest import Tell
from tests.chaos.load import under_load
from tests.chaos.stack import Stack, until
from tests.chaos.troubles import database_blows, kills
from tests.edge.wire import measurement
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer


@pytest.fixture
def stack(tmp_path: Path, troubled: PostgresServer) -> Iterator[Stack]:
    with Stack(tmp_path, DATABASE_URL=troubled.schema()) as running:
        yield running


async def test_a_database_that_stops_or_freezes_is_told_and_left_behind(
    stack: Stack, troubled: PostgresServer, tell: Tell
) -> None:
    report = await under_load("blows to the database", database_blows(troubled, 1), stack)
    tell(report)
    assert report.faults == []


async def test_kills_of_the_gateway_lose_and_double_nothing(stack: Stack, tell: Tell) -> None:
    report = await under_load("kills on PostgreSQL", kills(5), stack)
    tell(report)
    assert report.faults == []


async def test_workers_begin_anew_on_a_database_that_is_empty(
    tmp_path: Path, postgres: PostgresServer, redis_7: RedisServer
) -> None:
    """Nobody starts them by hand, and none goes on with what it remembers of the former one."""
    url = postgres.schema()
    with Stack(tmp_path, DATABASE_URL=url, REDIS_URL=redis_7.url, WORKERS=2) as stack:
        await stack.ready()
        before = stack.workers()
        async with stack.client(Role.DEVICE) as device:
            assert (await device.post("/api/ingest", json=measurement())).status_code == 200
            postgres.empty(url)
            await until(lambda: not set(stack.workers()) & set(before), "both are others")
            await stack.ready()
            again = await device.post("/api/ingest", json=measurement())
            assert again.json()["status"] == "stored"
