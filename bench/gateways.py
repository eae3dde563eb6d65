"""`python -m bench.gateways`: what it takes that others commit what a gateway sends.

500 subscribers and 32 devices, on PostgreSQL. One gateway for both, without Redis; then two, the
devices at the first: half of the subscribers at each, as nginx spreads them, so that half of the
deliveries went through Redis; and all at the second, so that each did. CPU is that of the gateways
and of Redis; the database works as much in each. They are measured in turn, and of each the round
with the least CPU counts: what else runs only adds to it.
At last the broker by itself: from one gateway's `publish` until another has it, one at a time.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from app.brokers.connection import RedisLink
from app.brokers.redis import RedisBroker
from app.model import Position, Publication, RoutingKey, Topic
from app.stack.programs import find_postgres, find_redis
from auth.principal import Role
from bench import wire
from bench.load import Load, LoadError, Publishers, Subscribers
from bench.peers.base import PUBLISHERS, MissingError, workplace
from bench.peers.gateway import Tokens
from bench.running import PYTHON, Server, free_port
from bench.servers.gateway import TENANT
from bench.tools import load_command
from bench.usage import usage_of
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

SUBSCRIBERS = 500
WAYS = {"one": 1, "32x1": PUBLISHERS}
"""Publishers, each with one message under way."""
CARRIED = 1_500
"""Publications by the broker alone, 4 ms apart."""
PLACES = {
    "one gateway": slice(1),
    "two, half of it through Redis": slice(2),
    "two, all of it through Redis": slice(1, 2),
}
"""Where the subscribers are."""
ROUNDS = 3
WARM_SECONDS, SECONDS = 2.0, 5.0
_MICRO = 1_000_000
_KEY = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "sensor-00-00")


@dataclass(frozen=True, slots=True)
class Gateways:
    addresses: list[str]
    """Devices send to the first."""
    pids: list[int]


@dataclass(frozen=True, slots=True)
class Row:
    per_second: float
    cpu_us: float
    """Per delivery."""
    p50_ms: float
    p99_ms: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.gateways", description=__doc__)
    parser.parse_args()
    programs, broker = find_postgres(), find_redis()
    try:
        if programs is None or broker is None:
            raise MissingError("PostgreSQL and Redis are needed")  # noqa: TRY301  (told like the rest)
        with PostgresServer(programs) as database, RedisServer(broker) as redis:
            for way in WAYS:
                rounds = [
                    [measure(way, database.schema(), redis, where) for where in PLACES.values()]
                    for _ in range(ROUNDS)
                ]
                sys.stdout.write(table(way, list(map(least, *rounds))))
            ages = sorted(uvloop.run(carried(redis.url)))
            p50, p99 = (ages[len(ages) * each // 100] * 1_000 for each in (50, 99))
            sys.stdout.write(f"the broker alone: p50 {p50:.2f} ms, p99 {p99:.2f} ms\n")
    except (MissingError, LoadError, OSError) as error:
        sys.stderr.write(f"not run: {error}\n")
    return 0


def measure(way: str, database: str, redis: RedisServer, where: slice) -> Row:
    publishers = WAYS[way]
    with ExitStack() as stack:
        folder = stack.enter_context(workplace())
        tokens = Tokens(folder)
        several = redis if where.stop > 1 else None
        gateways = stack.enter_context(_started(folder, database, several))
        first, *more = gateways.addresses[where]
        load = stack.enter_context(
            Load(
                load_command(),
                Subscribers(first, _heads(tokens), more=more),
                SUBSCRIBERS,
                Publishers(gateways.addresses[0], _posts(tokens, publishers), answered=True),
            )
        )
        load.run(WARM_SECONDS, publishers)
        before = usage_of(gateways.pids)
        measured = load.run(SECONDS, publishers)
        cpu = usage_of(gateways.pids).since(before).cpu_seconds
    return Row(
        measured.delivered / measured.seconds,
        cpu / measured.delivered * _MICRO,
        measured.p50_ms,
        measured.p99_ms,
    )


def least(*rows: Row) -> Row:
    return min(rows, key=lambda row: row.cpu_us)


async def carried(url: str) -> list[float]:
    """Seconds that each publication took."""
    links = RedisLink(url), RedisLink(url)
    here, there = map(RedisBroker, links)
    work = [asyncio.create_task(each.run()) for each in (*links, here, there)]
    came, ages = asyncio.Event(), list[float]()
    await there.follow(TENANT, lambda _: came.set())
    await asyncio.sleep(1)  # it reads by then
    for sequence in range(1, CARRIED + 1):
        came.clear()
        sent = time.perf_counter()
        here.publish([Publication(TENANT, Position("0" * 12, sequence), _KEY, wire.message())])
        await came.wait()
        ages.append(time.perf_counter() - sent)
        await asyncio.sleep(0.004)
    for task in work:
        task.cancel()
    await asyncio.gather(*work, return_exceptions=True)
    for link in links:
        await link.close()
    return ages


@contextmanager
def _started(folder: Path, database: str, redis: RedisServer | None) -> Iterator[Gateways]:
    shared = {"STATE_DIR": folder / "var", "LIMIT_SCALE": 100, "DATABASE_URL": database}
    if redis:
        shared["REDIS_URL"] = redis.url
    ports = [free_port() for _ in range(2 if redis else 1)]
    with ExitStack() as stack:
        pids = [redis.pid] if redis else []
        for port in ports:
            own = folder / f"{port}"
            own.mkdir()
            words = (PYTHON, "-m", "app", "serve", "--tcp", f"127.0.0.1:{port}")
            server = stack.enter_context(Server(words, own, shared))
            server.await_port(port)
            pids.append(server.pid)
        yield Gateways([f"127.0.0.1:{port}" for port in ports], pids)


def _heads(tokens: Tokens) -> list[bytes]:
    return [
        wire.upgrade("/ws", [tokens.bearer(Role.DASHBOARD, number)])
        for number in range(SUBSCRIBERS)
    ]


def _posts(tokens: Tokens, count: int) -> list[bytes]:
    return [
        wire.post(
            "/api/ingest",
            wire.measurement(f"sensor-{number:02}-00"),
            [tokens.bearer(Role.DEVICE, number)],
        )
        for number in range(count)
    ]


def table(way: str, rows: list[Row]) -> str:
    lines = [f"{way:34}  deliveries/s  CPU us each    more  p50 ms  p99 ms"]
    for name, row in zip(PLACES, rows, strict=True):
        more = row.cpu_us / rows[0].cpu_us - 1
        ages = f"{row.p50_ms:8.2f}{row.p99_ms:8.2f}"
        lines.append(f"  {name:32}{row.per_second:14,.0f}{row.cpu_us:13.2f}{more:+8.0%}{ages}")
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    sys.exit(main())
