"""Three workers, one database and one Redis: a kill, and a Redis that is gone, lose nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.conftest import Tell
from tests.chaos.load import under_load
from tests.chaos.stack import Stack
from tests.chaos.troubles import deploys, gateways_blows
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

LONGEST_OUTAGE = 15.0
"""Seconds; another worker is there all the time, but this machine has others to serve."""


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


async def test_a_deploy_loses_and_doubles_nothing_and_no_device_is_refused_for_long(
    stack: Stack, tell: Tell
) -> None:
    report = await under_load("deploys", deploys(1), stack)
    tell(report)
    assert report.faults == []
    assert report.ledger.longest_outage < LONGEST_OUTAGE
