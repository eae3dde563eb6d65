"""`python -m bench.gateways`: what it takes that others commit what a gateway sends.

500 subscribers and 32 devices, on PostgreSQL. One gateway for both, without Redis; then two, the
devices at the first: half of the subscribers at each, as nginx spreads them, so that half of the
deliveries went through Redis; and all at the second, so that each did. CPU is that of the gateways
and of Redis; the database works as much in each. They are measured in turns of two seconds, since
what else runs adds a half to a figure from one minute to the next: `more` is the median of what
each took beside the one gateway's turn of the same round.

At last the broker by itself: from one gateway's `publish` until another has it, one at a time.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median, quantiles

import uvloop

from app.brokers.connection import RedisLink
from app.brokers.redis import RedisBroker
from app.model import Position, Publication, RoutingKey, Topic
from app.stack.programs import find_postgres, find_redis
from auth.principal import Role
from bench import wire
from bench.figures import Figure
from bench.load import Load, LoadError, Publishers, Subscribers
from bench.peers.base import PUBLISHERS, MissingError, workplace
from bench.peers.gateway import Tokens
from bench.running import PYTHON, Server
from bench.servers.gateway import TENANT
from bench.tables import judged, markdown
from bench.tools import load_command
from bench.usage import usage_of
from tests.ports import free_port
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

SUBSCRIBERS = 500
WAYS = {"one": 1, "32x1": PUBLISHERS}
"""Publishers, each with one message under way."""
CARRIED = 1_500
"""Publications by the broker alone, 4 ms apart."""
SPREAD = "two, half of it through Redis"
MORE, CARRIED_MS = 20, 5
"""The goals: per cent beside one gateway, and milliseconds at p99."""
PLACES = {
    "one gateway": slice(1),
    SPREAD: slice(2),
    "two, all of it through Redis": slice(1, 2),
}
"""Where the subscribers are."""
ROUNDS = 11
WARM_SECONDS, SECONDS = 3.0, 2.0
_MICRO = 1_000_000
_KEY = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "sensor-00-00")


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
    figures: list[Figure] = []
    try:
        if programs is None or broker is None:
            raise MissingError("PostgreSQL and Redis are needed")  # noqa: TRY301  (told like the rest)
        for way in WAYS:
            found = rounds(way, programs, broker)
            sys.stdout.write(table(way, found))
            more = 100 * median(_more(found, SPREAD))
            figures.append(Figure(f"{way}: {SPREAD}, more CPU a delivery", MORE, more, "%"))
        with RedisServer(broker) as redis:
            ages = sorted(uvloop.run(carried(redis.url)))
        p50, p99 = (ages[len(ages) * each // 100] * 1_000 for each in (50, 99))
        sys.stdout.write(f"the broker alone: p50 {p50:.2f} ms, p99 {p99:.2f} ms\n\n")
    except (MissingError, LoadError, OSError) as error:
        sys.stderr.write(f"not run: {error}\n")
        return 1
    figures.append(Figure("the broker alone: p99", CARRIED_MS, p99, "ms"))
    sys.stdout.write(markdown(["", "goal", "measured", ""], judged(figures)) + "\n")
    return not all(figure.reached for figure in figures)


def rounds(way: str, programs: Path, broker: Path) -> list[list[Row]]:
    """Each has a row for each place."""
    with ExitStack() as stack:
        setups = []
        for where in PLACES.values():
            load, pids = stack.enter_context(_set_up(way, programs, broker, where))
            load.run(WARM_SECONDS, WAYS[way])  # at once: who says nothing for 10 s is cut off
            setups.append((load, pids))
        return [[measure(way, *each) for each in setups] for _ in range(ROUNDS)]


def measure(way: str, load: Load, pids: list[int]) -> Row:
    before = usage_of(pids)
    measured = load.run(SECONDS, WAYS[way])
    cpu = usage_of(pids).since(before).cpu_seconds
    return Row(
        measured.delivered / measured.seconds,
        cpu / measured.delivered * _MICRO,
        measured.p50_ms,
        measured.p99_ms,
    )


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
def _set_up(
    way: str, programs: Path, broker: Path, where: slice
) -> Iterator[tuple[Load, list[int]]]:
    """All of it waits, and costs nothing, while another is measured."""
    with ExitStack() as stack:
        folder = stack.enter_context(workplace())
        tokens = Tokens(folder)
        database = stack.enter_context(PostgresServer(programs))
        shared = {"STATE_DIR": folder / "var", "LIMIT_SCALE": 100, "DATABASE_URL": database.url}
        pids = []
        if where.stop > 1:
            redis = stack.enter_context(RedisServer(broker))
            shared["REDIS_URL"] = redis.url
            pids.append(redis.pid)
        ports = [free_port() for _ in range(where.stop)]
        pids += [stack.enter_context(_gateway(folder, port, shared)).pid for port in ports]
        first, *more = (f"127.0.0.1:{port}" for port in ports[where])
        subscribers = Subscribers(first, _heads(tokens), more=more)
        publishers = Publishers(f"127.0.0.1:{ports[0]}", _posts(tokens, WAYS[way]), answered=True)
        load = Load(load_command(), subscribers, SUBSCRIBERS, publishers)
        yield stack.enter_context(load), pids


@contextmanager
def _gateway(folder: Path, port: int, settings: Mapping[str, object]) -> Iterator[Server]:
    own = folder / f"{port}"
    own.mkdir()
    words = (PYTHON, "-m", "app", "serve", "--tcp", f"127.0.0.1:{port}")
    with Server(words, own, settings) as server:
        server.await_port(port)
        yield server


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


def table(way: str, found: list[list[Row]]) -> str:
    lines = [f"{way:30}  deliveries/s  CPU us each    more  (quartiles)  p50 ms  p99 ms"]
    for name, rows in zip(PLACES, zip(*found, strict=True), strict=True):
        low, more, high = quantiles(_more(found, name), n=4)
        row = Row(*(median(column) for column in zip(*map(astuple, rows), strict=True)))
        lines.append(
            f"  {name:28}{row.per_second:14,.0f}{row.cpu_us:13.2f}{more:+8.0%}"
            f"  ({low:+4.0%} {high:+4.0%}){row.p50_ms:8.2f}{row.p99_ms:8.2f}"
        )
    return "\n".join(lines) + "\n\n"


def _more(found: list[list[Row]], place: str) -> list[float]:
    """Of each round: what a delivery took there, beyond what it took at one gateway."""
    number = [*PLACES].index(place)
    return [rows[number].cpu_us / rows[0].cpu_us - 1 for rows in found]


if __name__ == "__main__":
    sys.exit(main())
