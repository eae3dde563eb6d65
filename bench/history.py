"""`python -m bench.history`: how long typical questions take over a year of 50 sensors.

26 million rows, made in a folder that is gone afterwards (or kept, with --folder), or in PostgreSQL
with --postgres. Each question is asked of the store as the routes ask it; beside it a floor: the
database alone counting the same rows, or adding them up where means are asked for.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import json

from app.edge.csv_records import csv_of
from app.model import Publication
from app.protocol.topics import ALL, Grant, Selection, parse_filters
from app.stack.programs import find_postgres
from app.storage.base import DAY_MS, HOUR_MS, WEEK_MS, Page, Period, Store
from bench.year.postgres import PostgresYear
from bench.year.shape import DAYS, END_MS, PER_DAY, SELDOM, START_MS, TENANT, Year
from bench.year.sqlite import SqliteYear
from tests.postgres_server import PostgresServer

EVERYTHING = Selection(parse_filters([ALL]), Grant())
FIVE_MINUTES_MS = 300_000
TIMES = 5
"""How often each is asked; the quickest counts."""

Ask = Callable[[Store], Awaitable[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    ask: Ask
    floor: str
    """SQL over the same rows."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--folder", type=Path, help="where the year is, or is made and kept")
    where.add_argument(
        "--postgres",
        nargs="?",
        const="",
        metavar="URL",
        help="a server of its own, or a database where the year is, or is made and kept",
    )
    parser.add_argument("--days", type=int, default=DAYS)
    options = parser.parse_args()
    with place(options) as year:
        if not year.made():
            rows = year.make(lambda what, took: say(f"{what}: {took:.0f} s"), options.days)
            size = year.size()
            say(
                f"{rows:,} rows, {size / 1e9:.2f} GB, {size / rows:.0f} bytes a row, means included"
            )
        asyncio.run(measure(year, questions(options.days)))


@contextlib.contextmanager
def place(options: argparse.Namespace) -> Iterator[Year]:
    if options.postgres:
        yield PostgresYear(options.postgres)
    elif options.postgres is not None:
        programs = find_postgres()
        if programs is None:
            sys.exit("PostgreSQL is not installed")
        with PostgresServer(programs) as server:
            yield PostgresYear(server.url)
    elif options.folder is not None:
        yield SqliteYear(options.folder)
    else:
        with tempfile.TemporaryDirectory(prefix="history-") as folder:
            yield SqliteYear(Path(folder))


def questions(days: int) -> list[Question]:
    end = START_MS + days * DAY_MS if days < DAYS else END_MS
    middle, half = START_MS + days * DAY_MS // 2, days * PER_DAY // 2
    room = {"enseigne": "Site 2", "salle": "Room 7"}
    before = Page(middle, ("0",))

    def raw(**narrowed: object) -> Ask:
        period = Period(**{"start_ms": START_MS, "end_ms": end, **narrowed})  # type: ignore[arg-type]  # by name
        return lambda store: store.measurements(TENANT, period, EVERYTHING)

    def means(step_ms: int, since_ms: int, **narrowed: object) -> Ask:
        period = Period(since_ms, end, step_ms, **{"limit": 100_000, **narrowed})  # type: ignore[arg-type]  # by name
        return lambda store: store.buckets(TENANT, period, EVERYTHING)

    async def as_csv(store: Store) -> Sequence[object]:
        found = await raw(limit=10_000)(store)
        csv_of(json.decode(each.text) for each in found if isinstance(each, Publication))
        return found

    def after(sequence: int, selection: Selection = EVERYTHING) -> Ask:
        return lambda store: store.after(TENANT, sequence, selection, 1_000)

    def only(sensor: str) -> Selection:
        return Selection(EVERYTHING.chosen, Grant(None, frozenset({sensor})))

    return [
        Question("last hour of a room, raw", raw(start_ms=end - HOUR_MS, **room),
                 _times("sensor IN (7, 32)", end - HOUR_MS, end)),
        Question("newest page of 1,000, all", raw(limit=1_000), _order("DESC", 0)),
        Question("page of 1,000 in the middle, all", raw(limit=1_000, before=before),
                 _order("", half)),
        Question("newest page of 10,000, all, as CSV", as_csv, _order("DESC", 0, 10_000)),
        Question("a day of a sensor, 5 min",
                 means(FIVE_MINUTES_MS, end - DAY_MS, sensor_id="sensor7"),
                 _sum("sensor = 7", end - DAY_MS, end)),
        Question("a year of a sensor, 5 min, newest 1,000",
                 means(FIVE_MINUTES_MS, START_MS, sensor_id="sensor7", limit=1_000),
                 _sum("sensor = 7", end - 1_000 * FIVE_MINUTES_MS, end)),
        Question("a month of all, hourly", means(HOUR_MS, end - 30 * DAY_MS),
                 _means(HOUR_MS, end - 30 * DAY_MS)),
        Question("a year of all, daily", means(DAY_MS, START_MS), _means(DAY_MS, START_MS)),
        Question("a year of all, weekly", means(WEEK_MS, START_MS), _means(DAY_MS, START_MS)),
        Question("1,000 messages after the middle", after(half), _order("", half)),
        Question("1,000 of one sensor after the middle", after(half, only("sensor7")),
                 _order("", half, 50_000)),
        Question("all 10 of a sensor seldom met", after(0, only(SELDOM)),
                 "SELECT count(*) FROM measurements WHERE sensor = 51"),
    ]  # fmt: skip


def _times(who: str, since_ms: int, end_ms: int) -> str:
    return (
        f"SELECT count(*) FROM measurements WHERE {who}"  # noqa: S608  (our own words)
        f" AND time_ms >= {since_ms} AND time_ms < {end_ms} AND co2 IS NOT NULL"
    )


def _sum(who: str, since_ms: int, end_ms: int) -> str:
    return _times(who, since_ms, end_ms).replace("count(*)", "sum(co2)")


def _order(direction: str, after: int, limit: int = 1_000) -> str:
    return (
        "SELECT count(co2) FROM (SELECT co2 FROM measurements"  # noqa: S608  (as above)
        f" WHERE tenant = 1 AND sequence > {after} ORDER BY sequence {direction}"
        f" LIMIT {limit}) AS page"
    )


def _means(step_ms: int, since_ms: int) -> str:
    return (
        f"SELECT sum(co2) FROM means WHERE step_ms = {step_ms}"  # noqa: S608  (as above)
        f" AND series IN (SELECT number FROM series) AND start_ms >= {since_ms}"
    )


async def measure(year: Year, asked: Sequence[Question]) -> None:
    store = year.store()
    say(f"{'':42}{'records':>8}{'CPU ms':>9}{'wall ms':>9}{'floor ms':>10}")
    with year.floor() as floor:
        for question in asked:
            records, cpu, wall = 0, [], []
            for _ in range(TIMES):
                spent, began = time.process_time(), time.perf_counter()
                records = len(await question.ask(store))
                cpu.append(time.process_time() - spent)
                wall.append(time.perf_counter() - began)
            least = min(floor(question.floor) for _ in range(TIMES))
            figures = f"{min(cpu) * 1e3:9.1f}{min(wall) * 1e3:9.1f}{least * 1e3:10.2f}"
            say(f"{question.name:42}{records:8,}{figures}")
    await store.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
