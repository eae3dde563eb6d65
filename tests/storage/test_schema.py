"""Migrations: from every older version, by several processes at once, and never backwards."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec import structs

from app.storage.base import NewerSchemaError, Taken
from app.storage.records import devices, tokens
from app.storage.records.denied import shut_out
from app.storage.records.devices import Device
from app.storage.sqlite.file import connect, prepare
from app.storage.sqlite.schema import MIGRATIONS, migrate
from app.storage.sqlite.sql import records
from app.storage.sqlite.store import SqliteStore
from auth.principal import Principal, Role
from tests.storage.conftest import EVERYTHING, KEY, draft

VERSION_1 = Path(__file__).parent / "version_1.sql"
"""Written by a gateway of that version, from real bodies of devices and services."""


def shape(path: Path) -> list[tuple[str, str]]:
    connection = connect(path)
    rows = connection.execute("SELECT type, name FROM sqlite_schema ORDER BY 1, 2").fetchall()
    columns = [
        (table, str(connection.execute(f"PRAGMA table_info({table})").fetchall()))
        for kind, table in rows
        if kind == "table"
    ]
    connection.close()
    return rows + columns


def at_version(path: Path, version: int) -> sqlite3.Connection:
    """A file as a gateway of that version left it."""
    connection = connect(path)
    connection.executescript(";".join(MIGRATIONS[:version]))
    connection.execute(f"PRAGMA user_version = {version}")
    return connection


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_older_file_becomes_like_a_new_one(tmp_path: Path, version: int) -> None:
    prepare(tmp_path / "new.db")
    at_version(tmp_path / "old.db", version).close()
    prepare(tmp_path / "old.db")
    assert shape(tmp_path / "old.db") == shape(tmp_path / "new.db")


def test_a_migrated_file_is_left_as_it_is(tmp_path: Path) -> None:
    for _ in range(2):
        prepare(tmp_path / "gateway.db")
        connection = connect(tmp_path / "gateway.db")
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        connection.close()


def test_devices_of_version_1_and_their_tokens_are_kept(tmp_path: Path) -> None:
    old = at_version(tmp_path / "gateway.db", 1)
    old.execute(
        "INSERT INTO devices (tenant, name, sensors, token_id, expires_at, created_ms, revoked)"
        " VALUES ('acme', 'hub', '[\"s1\"]', 'jti', 9, 1, 1)"
    )
    old.close()
    with records(tmp_path / "gateway.db") as sql:
        assert devices.listed(sql, "acme") == [Device("acme", "hub", ("s1",), 1)]
        assert shut_out(sql, 0).tokens == {("acme", "jti")}


def test_a_device_that_was_added_anew_is_one_with_two_tokens(tmp_path: Path) -> None:
    old = at_version(tmp_path / "gateway.db", 6)
    old.execute(
        "INSERT INTO devices VALUES ('old', 'acme', 'hub', '[\"s1\"]', 9000, 1000, 1),"
        " ('new', 'acme', 'hub', '[\"s2\"]', 9000, 2000, 0)"
    )
    old.close()
    with records(tmp_path / "gateway.db") as sql:
        assert devices.listed(sql, "acme") == [Device("acme", "hub", ("s2",), 2_000)]
        found = {token.principal.token_id: token for token in tokens.listed(sql, "acme")}
    assert {name: token.ends_at for name, token in found.items()} == {"old": 0, "new": 9_000}
    assert found["new"].principal == Principal(
        "hub", "acme", Role.DEVICE, "new", 2, 9_000, sensors=frozenset({"s2"})
    )


async def test_what_version_1_kept_is_read_as_it_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    old = connect(path)
    old.executescript(VERSION_1.read_text())
    sent = old.execute("SELECT tenant, text FROM publications ORDER BY sequence").fetchall()
    old.close()
    store = SqliteStore(path, lambda _: None, capacity=10)
    for tenant in ("acme", "other"):
        found = await store.after(tenant, 0, EVERYTHING, 100)
        assert [each.text for each in found] == [text for owner, text in sent if owner == tenant]
        assert [each.position.sequence for each in found] == list(range(1, len(found) + 1))
        assert await store.position(tenant) == found[-1].position
    assert (await store.consult(lambda sql: shut_out(sql, 0))).tenants == {"other"}
    first = draft(key=structs.replace(KEY, sensor_id="bureau1"), time_ms=1_763_546_700_000)
    assert await store.append([first]) == [Taken()]
    await store.close()


def test_a_newer_file_is_refused_and_untouched(tmp_path: Path) -> None:
    newer = at_version(tmp_path / "gateway.db", len(MIGRATIONS))
    newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(NewerSchemaError):
        prepare(tmp_path / "gateway.db")
    assert newer.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    newer.close()


def test_a_step_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(tmp_path / "gateway.db")
    before = shape(tmp_path / "gateway.db")
    broken = (*MIGRATIONS, "CREATE TABLE half (a); CREATE TABLE half (a)")
    monkeypatch.setattr("app.storage.sqlite.schema.MIGRATIONS", broken)
    connection = connect(tmp_path / "gateway.db")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection)
    assert not connection.in_transaction
    connection.close()
    assert shape(tmp_path / "gateway.db") == before


def test_several_may_prepare_one_file_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(30) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(prepare, paths))
    assert shape(paths[0]) == shape(paths[-1])
