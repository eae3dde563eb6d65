"""Copies of the PostgreSQL store: whole or not at all, and the former one kept."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.model import Position
from app.stack.programs import find_postgres_client
from app.storage.copies import BackupError
from app.storage.postgres import backup
from app.storage.postgres.backup import back_up, restore
from app.storage.postgres.schema import MIGRATIONS
from app.storage.postgres.store import PostgresStore
from tests.postgres_server import PostgresServer
from tests.storage.conftest import EVERYTHING, draft


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.schema()


@pytest.fixture(scope="module")
def programs() -> Path:
    return find_postgres_client()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy.dump"


def write(url: str, count: int = 10) -> Position:
    """The newest position afterwards."""

    async def written() -> Position:
        store = PostgresStore(url, lambda _: None, capacity=10_000)
        await store.append([draft() for _ in range(count)])
        newest = await store.position("acme")
        assert len(await store.after("acme", 0, EVERYTHING, 1_000_000)) == newest.sequence
        await store.close()
        return newest

    return asyncio.run(written())


def sign_in(url: str) -> None:
    with psycopg.connect(url) as db:
        db.execute(
            "INSERT INTO sessions (family, tenant, name, digest, rotated_at, idle_at, ends_at)"
            " VALUES ('f', 'acme', 'someone', 'd', 0, 9, 9)"
        )


def test_a_restored_order_counts_on_under_another_epoch_and_without_sessions(
    url: str, programs: Path, copy: Path
) -> None:
    before = write(url)
    sign_in(url)
    back_up(url, programs, copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    write(url, 5)
    former = restore(copy, url, programs)
    after = write(url, 1)
    assert after.sequence == before.sequence + 1
    assert after.epoch != before.epoch
    with psycopg.connect(url) as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
        db.execute("SELECT set_config('search_path', %s, false)", (former,))
        assert db.execute("SELECT newest FROM tenants").fetchone() == (15,)


def test_an_empty_place_is_filled(url: str, programs: Path, copy: Path) -> None:
    """As in a new database: nothing is there to be put aside."""
    write(url)
    back_up(url, programs, copy)
    with psycopg.connect(url) as db:
        (schema,) = db.execute("SELECT current_schema()").fetchone() or ()
        db.execute(f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}".encode())
    assert restore(copy, url, programs) is None
    assert write(url, 1).sequence == 11


def test_what_is_no_whole_backup_changes_nothing(
    url: str, postgres: PostgresServer, programs: Path, copy: Path
) -> None:
    write(url, 3_000)
    back_up(url, programs, copy)
    whole, before = copy.read_bytes(), write(url, 1)
    other = postgres.schema()
    write(other)
    back_up(other, programs, copy)
    foreign = copy.read_bytes()
    cut = (whole[: len(whole) // 2], whole[:-10])  # in its list of contents, in its last table
    for content in (b"", b"no database", *cut, foreign):
        copy.write_bytes(content)
        with pytest.raises(BackupError, match="this is no"):
            restore(copy, url, programs)
    with pytest.raises(BackupError, match="no such file"):
        restore(copy.with_name("missing"), url, programs)
    assert write(url, 1) == Position(before.epoch, 3_002)


def test_a_copy_of_a_newer_gateway_is_refused(url: str, programs: Path, copy: Path) -> None:
    before = write(url)
    newer = len(MIGRATIONS) + 1
    with psycopg.connect(url) as db:
        db.execute("UPDATE schema_version SET taken = %s", (newer,))
    back_up(url, programs, copy)
    with psycopg.connect(url) as db:
        db.execute("UPDATE schema_version SET taken = %s", (newer - 1,))
    with pytest.raises(BackupError, match="newer"):
        restore(copy, url, programs)
    assert write(url, 1) == Position(before.epoch, 11)


def test_nothing_is_restored_beside_a_gateway(
    url: str, programs: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(url)
    back_up(url, programs, copy)
    monkeypatch.setattr(backup, "STATEMENT", 2.0)

    async def beside() -> None:
        store = PostgresStore(url, lambda _: None, capacity=10)
        with pytest.raises(BackupError, match="another gateway runs"):
            await asyncio.to_thread(restore, copy, url, programs)
        await store.close()

    asyncio.run(beside())


def test_a_place_without_tables_is_not_copied(url: str, programs: Path, copy: Path) -> None:
    with pytest.raises(BackupError, match="no database yet"):
        back_up(url, programs, copy)
    assert not copy.exists()


@pytest.fixture
def talkative(tmp_path: Path) -> Callable[[str], Path]:
    """A folder of programs that complain with the given words."""

    def made(words: str) -> Path:
        program = tmp_path / "pg_dump"
        program.write_text(f'#!/bin/sh\necho "pg_dump: error: {words}" >&2\nexit 1\n')
        program.chmod(0o755)
        return tmp_path

    return made


def test_programs_that_are_too_old_for_the_server_are_told_with_both_releases(
    url: str, copy: Path, talkative: Callable[[str], Path]
) -> None:
    write(url)
    words = "version mismatch\npg_dump: detail: server 17, pg_dump 15\nDETAIL:  hunter2"
    with pytest.raises(BackupError) as said:
        back_up(url, talkative(words), copy)
    assert str(said.value) == "version mismatch: server 17, pg_dump 15"


def test_a_password_is_not_among_the_words_of_a_command(
    url: str, copy: Path, talkative: Callable[[str], Path]
) -> None:
    """Everyone on the machine can read those."""
    write(url)
    secret = url.replace("iaqverse@", "iaqverse:hunter2@")
    with pytest.raises(BackupError, match="format=custom") as said:
        back_up(secret, talkative("$*"), copy)
    assert "hunter2" not in str(said.value)
    with pytest.raises(BackupError, match=r"^hunter2$"):
        back_up(secret, talkative("$PGPASSWORD"), copy)
    assert not copy.exists()
