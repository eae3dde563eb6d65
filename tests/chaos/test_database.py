"""On PostgreSQL: its stops, starts and freezes and the gateway's kills lose and double nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.load import under_load
from tests.chaos.stack import Stack
from tests.chaos.troubles import database_blows, kills
from tests.postgres_server import PostgresServer


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
