"""A crowd that is cut off comes back and has everything; nobody sees an error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.operation import Operation
from bench.reconnect import storm, told
from tests.chaos.conftest import Tell
from tests.chaos.stack import Stack
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer


@pytest.fixture
def operation(
    tmp_path: Path, postgres: PostgresServer, redis_7: RedisServer
) -> Iterator[Operation]:
    shared = {"DATABASE_URL": postgres.schema(), "REDIS_URL": redis_7.url}
    with Stack(tmp_path, WORKERS=2, **shared) as stack:
        yield Operation(stack, redis_7, postgres, ["acme", "globex"])


async def test_replaced_killed_or_cut_off_all_come_back_and_miss_nothing(
    operation: Operation, tell: Tell
) -> None:
    result = await storm(operation, 200, quiet=1.0)
    tell(told(result))
    assert result.faults == []
    assert len(result.findings.absences) > 200
