"""`python -m tests.chaos`: the chaos tests in their long form; ends by itself, 1 with a fault."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from app.stack.programs import find_postgres, find_redis
from tests.chaos.disk import FileLimit, NoMountError, small_disk
from tests.chaos.load import Report, Trouble, under_load
from tests.chaos.recordings import RECORDINGS, Replayed, found, replay
from tests.chaos.stack import Stack
from tests.chaos.troubles import (
    database_blows,
    full_disk,
    gateways_blows,
    kills,
    locked_store,
    nginx_blows,
)
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

Run = Callable[[Stack], Coroutine[Any, Any, Report | Replayed]]


def main() -> int:
    arguments = _arguments()
    faulty = 0
    for run in _runs(arguments.kills, arguments.rounds):
        with _folder() as folder, Stack(folder) as stack:
            faulty += _tell(asyncio.run(run(stack)))
    try:
        with _folder() as folder, small_disk(folder / "var") as disk, Stack(folder) as stack:
            trouble = full_disk(disk, arguments.rounds)
            faulty += _tell(asyncio.run(under_load("full disk", trouble, stack)))
    except NoMountError as error:
        sys.stdout.write(f"full disk: left out, only root mounts one to fill: {error}\n")
    faulty += _on_postgres(arguments.kills, arguments.rounds)
    return 1 if faulty else 0


def _on_postgres(killed: int, rounds: int) -> int:
    programs, faulty = find_postgres(), 0
    if programs is None:
        sys.stdout.write("blows to the database: left out, PostgreSQL is not installed\n")
        return 0
    with PostgresServer(programs) as server:
        troubles: dict[str, Trouble] = {
            "blows to the database": database_blows(server, rounds),
            "kills on PostgreSQL": kills(killed),
        }
        for name, trouble in troubles.items():
            with _folder() as folder, Stack(folder, DATABASE_URL=server.schema()) as stack:
                faulty += _tell(asyncio.run(under_load(name, trouble, stack)))
        faulty += _several(server, rounds)
    return faulty


def _several(server: PostgresServer, rounds: int) -> int:
    """Three workers on one database."""
    program = find_redis()
    if program is None:
        sys.stdout.write("blows to several gateways: left out, Redis is not installed\n")
        return 0
    faulty = 0
    with RedisServer(program) as broker:
        troubles: dict[str, Trouble] = {
            "blows to several gateways": gateways_blows(broker, rounds),
            "blows to the database of several": database_blows(server, rounds),
        }
        for name, trouble in troubles.items():
            shared = {"DATABASE_URL": server.schema(), "REDIS_URL": broker.url}
            with _folder() as folder, Stack(folder, WORKERS=3, **shared) as stack:
                faulty += _tell(asyncio.run(under_load(name, trouble, stack)))
    return faulty


def _runs(killed: int, rounds: int) -> Iterator[Run]:
    troubles: dict[str, Trouble] = {
        "kills": kills(killed),
        "blows to nginx": nginx_blows(rounds),
        "file limit": full_disk(FileLimit(), rounds),
        "locked store": locked_store(),
    }
    for name, trouble in troubles.items():
        yield partial(under_load, name, trouble)
    recordings = found()
    if not recordings:
        sys.stdout.write(f"recordings: left out, none in {RECORDINGS} (IAQ_RECORDINGS)\n")
    for path in recordings:
        yield partial(replay, path, 3)


def _tell(result: Report | Replayed) -> bool:
    sys.stdout.write(f"{result}\n")
    sys.stdout.flush()
    return bool(result.faults)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        yield Path(name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of the gateway (100)")
    parser.add_argument("--rounds", type=int, default=10, help="of everything else (10)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
