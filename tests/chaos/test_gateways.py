"""Three workers, one database and one Redis: a kill, and a Redis that is gone, lose nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.load import under_load
from tests.chaos.stack import Stack
from tests.chaos.troubles import gateways_blows
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer


@pytest.fixture
def stack(tmp_path: Path, postgres: PostgresServer, redis_7: RedisServer) -> Iterator[Stack]:
    shared = {"DATABASE_URL": postgres.schema(), "REDIS_URL": redis_7.url}
    with Stack(tmp_path, WORKERS=3, **shared) as running:
        yield running


async def test_a_killed_worker_and_a_broker_that_is_gone_lose_and_double_nothing(
    stack: Stack, redis_7: RedisServer, tell: Tell
) -> None:
    report = await under_load("blows to several gateways", gateways_blows(redis_7, 1), stack)
    tell(report)
    assert report.faults == []
