"""What is SQLite's own: files, disks, kills, and the thread that writes."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import UnavailableError
from app.model import Publication, RoutingKey, Topic
from app.storage.base import Draft
from app.storage.sqlite.file import connect, prepare
from app.storage.sqlite.store import SqliteStore
from app.storage.sqlite.transactions import SqliteTransaction, SqliteTransactions
from app.storage.writer import Writer
from tests.storage.conftest import EVERYTHING, Backend, Opened, backend_at, draft, kept

ROOT = Path(__file__).parents[2]


async def ask(path: Path) -> list[Publication]:
    store = SqliteStore(path, lambda _: None, capacity=100)
    try:
        return await store.after("acme", 0, EVERYTHING, 100_000)
    finally:
        await store.close()


def test_the_file_and_its_companions_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "gateway.db"

    async def write() -> list[int]:
        store = SqliteStore(path, lambda _: None, capacity=100)
        await store.append([draft()])
        modes = [stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()]
        await store.close()
        return modes

    modes = asyncio.run(write())
    assert len(modes) == 3  # the database, its write-ahead log, the log's index
    assert set(modes) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_each_connection_survives_a_power_cut(tmp_path: Path) -> None:
    prepare(tmp_path / "gateway.db")
    connection = connect(tmp_path / "gateway.db")
    full = 2
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
    connection.close()


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return backend_at(tmp_path / "gateway.db")


WRITES_FOR_EVER = """
import asyncio, itertools, sys
from pathlib import Path
from app.model import RoutingKey, Topic
from app.storage.base import Draft, Reading
from app.storage.sqlite.store import SqliteStore

times = itertools.count()

async def send(store):
    while True:
        key = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "s1")
        reading = Reading({"CO2": 645}, 85)
        drafts = [Draft("acme", key, next(times), 0, b"{", reading) for _ in range(3)]
        for kept in await store.append(drafts):
            print(kept.publication.position, flush=True)

async def main():
    store = SqliteStore(Path(sys.argv[1]), lambda _: None, capacity=1_000)
    await asyncio.gather(*(send(store) for _ in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 200, 1_000])
def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path, after: int) -> None:
    path = tmp_path / "gateway.db"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES_FOR_EVER, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    acknowledged = [process.stdout.readline().strip() for _ in range(after)]
    os.kill(process.pid, signal.SIGKILL)
    acknowledged += process.stdout.read().split("\n")[:-1]  # what was said before it died
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    found = asyncio.run(ask(path))
    assert {str(each.position) for each in found} >= set(acknowledged)
    assert [each.position.sequence for each in found] == list(range(1, len(found) + 1))


def _long() -> Draft:
    return draft(key=RoutingKey(Topic.ALERTS), head=b"{" + b" " * 2_000)


async def fill_up(opened: Opened) -> int:
    """Until nothing fits any more; how many were acknowledged."""
    acknowledged = 0
    while True:
        try:
            await opened.store.append([_long() for _ in range(10)])
        except UnavailableError:
            return acknowledged
        acknowledged += 10


class TestFullDisk:
    async def test_nothing_of_the_commit_that_does_not_fit_is_kept_or_told(
        self, small: Opened
    ) -> None:
        acknowledged = await fill_up(small)
        assert acknowledged > 0
        assert len(small.committed) == acknowledged
        assert await small.store.after("acme", 0, EVERYTHING, 10_000) == small.committed

    async def test_reading_goes_on(self, small: Opened) -> None:
        await fill_up(small)
        assert await small.store.newest("acme", EVERYTHING, 1) == small.committed[-1:]
        assert await small.store.position("acme") == small.committed[-1].position

    async def test_it_recovers_by_itself_and_without_a_hole(
        self, small: Opened, pages: dict[str, int]
    ) -> None:
        acknowledged = await fill_up(small)
        pages["most"] *= 4
        (outcome,) = await small.store.append([draft()])
        assert kept(outcome).position.sequence == acknowledged + 1


@pytest.fixture
def pages() -> dict[str, int]:
    return {"most": 100}


@pytest.fixture
async def small(opened: Opened, tmp_path: Path, pages: dict[str, int]) -> Opened:
    """The store on a disk of so many pages: the writer's connections are made with that bound."""
    store = opened.store
    assert isinstance(store, SqliteStore)

    def bounded() -> sqlite3.Connection:
        connection = connect(tmp_path / "gateway.db")
        connection.execute(f"PRAGMA max_page_count = {pages['most']}")
        return connection

    await store.writer.close()
    store.writer = Writer(
        SqliteTransactions(bounded),
        asyncio.get_running_loop(),
        lambda publications: opened.commits.append(list(publications)),
        capacity=1_000,
    )
    return opened


class TestWriter:
    @pytest.mark.parametrize("fault", [ValueError, OverflowError, sqlite3.OperationalError])
    async def test_work_that_fails_in_any_way_is_refused_and_the_next_is_done(
        self, opened: Opened, fault: type[Exception]
    ) -> None:
        store = opened.store
        assert isinstance(store, SqliteStore)

        def fails(transaction: SqliteTransaction) -> None:
            transaction.append([draft()])
            raise fault("secret")

        with pytest.raises(UnavailableError) as refused:
            await store.writer.submit(fails)
        assert "secret" not in str(refused.value)
        assert (store.writer.failed, store.writer.commits.cumulative()[-1]) == (1, 0)
        (outcome,) = await store.append([draft()])
        assert kept(outcome).position.sequence == 1
        assert (store.writer.failed, store.writer.commits.cumulative()[-1]) == (1, 1)
        assert store.writer.waiting == 0
        assert opened.committed == [kept(outcome)]

    async def test_refusals_at_the_bound_are_counted(self, opened: Opened) -> None:
        store = opened.store
        assert isinstance(store, SqliteStore)
        with pytest.raises(UnavailableError):
            await store.append([draft()] * 10_001)
        assert store.writer.refused == 1

    async def test_another_process_may_write_too(self, opened: Opened, tmp_path: Path) -> None:
        other = connect(tmp_path / "gateway.db")
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(opened.store.append([draft()]))
        await asyncio.sleep(0)
        other.execute("COMMIT")
        other.close()
        assert kept((await waiting)[0])


async def test_a_reader_that_fails_is_unavailable(opened: Opened, tmp_path: Path) -> None:
    breaker = connect(tmp_path / "gateway.db")
    breaker.execute("ALTER TABLE series RENAME TO gone")
    breaker.close()
    with pytest.raises(UnavailableError) as refused:
        await opened.store.after("acme", 0, EVERYTHING, 1)
    assert refused.value.details["part"] == "store"
    assert isinstance(refused.value.__cause__, sqlite3.Error)
