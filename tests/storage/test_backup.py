"""Copies of the SQLite file: whole, of one moment, and never two at once in its place."""

import asyncio
import sqlite3
import stat
from pathlib import Path

import pytest

from app.model import Position
from app.storage import copies
from app.storage.base import NewerSchemaError
from app.storage.copies import BackupError
from app.storage.sqlite import backup
from app.storage.sqlite.backup import back_up, restore
from app.storage.sqlite.file import connect
from app.storage.sqlite.schema import MIGRATIONS
from app.storage.sqlite.store import SqliteStore
from tests.storage.conftest import EVERYTHING, draft
from tests.storage.test_schema import VERSION_1


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "gateway.db"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def opened(path: Path) -> SqliteStore:
    return SqliteStore(path, lambda _: None, capacity=10_000)


def write(path: Path, count: int = 10) -> None:
    async def written() -> None:
        store = opened(path)
        await store.append([draft() for _ in range(count)])
        await store.close()

    asyncio.run(written())


def count(path: Path) -> int:
    return asyncio.run(counted(path))


async def counted(path: Path) -> int:
    store = opened(path)
    found = await store.after("acme", 0, EVERYTHING, 1_000_000)
    await store.close()
    return len(found)


def position(path: Path) -> Position:
    async def asked() -> Position:
        store = opened(path)
        newest = await store.position("acme")
        await store.close()
        return newest

    return asyncio.run(asked())


async def test_a_copy_of_a_store_that_is_written_to_is_of_one_moment(
    database: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "PAGES_AT_ONCE", 1)
    store = opened(database)
    await store.append([draft() for _ in range(5_000)])
    backing_up = asyncio.create_task(asyncio.to_thread(back_up, database, copy))
    commits = 0
    while not backing_up.done():
        await store.append([draft(), draft(), draft()])
        commits += 1
    await backing_up
    await store.close()
    assert commits > 1  # ingest went on
    restore(copy, database.with_name("other.db"))
    kept = await counted(database.with_name("other.db"))
    assert kept >= 5_000
    assert (kept - 5_000) % 3 == 0  # whole commits


def test_a_copy_is_one_file_and_its_owners_alone(database: Path, copy: Path) -> None:
    write(database)
    back_up(database, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in copy.parent.iterdir() if path.is_file()] == ["copy.db"]


def test_the_copy_before_stays_until_the_next_is_whole(
    database: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database)
    back_up(database, copy)
    before = copy.read_bytes()

    def fails(_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(copies, "sync", fails)
    with pytest.raises(OSError, match="full"):
        back_up(database, copy)
    assert copy.read_bytes() == before
    assert [path.name for path in copy.parent.iterdir() if path.is_file()] == ["copy.db"]


def test_the_database_is_no_place_for_its_own_copy(database: Path) -> None:
    with pytest.raises(BackupError):
        back_up(database, database.with_name("copy.db"))
    write(database)
    with pytest.raises(BackupError):
        back_up(database, database)
    assert count(database) == 10


def test_the_former_one_is_kept_whole_even_after_a_kill(database: Path, copy: Path) -> None:
    write(database)
    back_up(database, copy)
    left = connect(database)
    left.execute("INSERT INTO probe VALUES (7, '')")  # in the write-ahead log alone
    former = restore(copy, database)
    left.close()
    assert former is not None
    with sqlite3.connect(former) as kept:
        assert kept.execute("SELECT count(*) FROM probe WHERE id = 7").fetchone() == (1,)
    kept.close()
    assert count(database) == 10
    now = connect(database)
    assert now.execute("SELECT count(*) FROM probe WHERE id = 7").fetchone() == (0,)
    now.close()


def test_positions_of_before_are_foreign_afterwards(database: Path, copy: Path) -> None:
    write(database)
    before = position(database)
    back_up(database, copy)
    epochs = {before.epoch}
    for _ in range(2):  # each time it is another order
        restore(copy, database)
        now = position(database)
        assert now.sequence == before.sequence
        assert now.epoch not in epochs
        epochs.add(now.epoch)


def test_no_session_that_was_ended_since_lives_again(database: Path, copy: Path) -> None:
    write(database)
    live = connect(database)
    live.execute(
        "INSERT INTO sessions (family, tenant, name, digest, rotated_at, idle_at, ends_at)"
        " VALUES ('f', 'acme', 'someone', 'd', 0, 9, 9)"
    )
    back_up(database, copy)
    live.close()
    restore(copy, database)
    restored = connect(database)
    assert restored.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    restored.close()


def test_a_copy_of_an_older_gateway_is_brought_up_to_date(database: Path, copy: Path) -> None:
    old = sqlite3.connect(copy)
    old.executescript(VERSION_1.read_text())
    old.close()
    database.parent.mkdir()
    assert restore(copy, database) is None
    assert count(database) > 0


def test_what_is_no_whole_backup_changes_nothing(database: Path, copy: Path) -> None:
    write(database, 3_000)
    back_up(database, copy)
    whole = copy.read_bytes()
    empty = sqlite3.connect(copy.with_name("empty.db"))
    empty.execute("CREATE TABLE t (a)")
    empty.close()
    foreign = copy.with_name("empty.db").read_bytes()
    damaged = whole[:20_000] + b"\xff" * 40_000 + whole[60_000:]
    for content in (b"", b"no database", whole[: len(whole) // 2], damaged, foreign):
        copy.write_bytes(content)
        with pytest.raises(BackupError):
            restore(copy, database)
    with pytest.raises(BackupError):
        restore(copy.with_name("missing.db"), database)
    assert [path.name for path in database.parent.iterdir()] == ["gateway.db"]
    assert count(database) == 3_000


def test_a_copy_of_a_newer_gateway_is_refused(database: Path, copy: Path) -> None:
    write(database)
    back_up(database, copy)
    newer = sqlite3.connect(copy)
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(NewerSchemaError):
        restore(copy, database)
    assert count(database) == 10
