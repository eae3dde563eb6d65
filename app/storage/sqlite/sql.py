"""Plain SQL on the SQLite file: beside a gateway, inside the writer's transaction, on a reader."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from app.storage.sql import Parameter, Sql, Undone, Work
from app.storage.sqlite.file import connect, prepare

T = TypeVar("T")


class SqliteSql:
    """`app.storage.sql.Sql` in the transaction that is open on a connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def rows(self, statement: str, *parameters: Parameter) -> list[tuple[Any, ...]]:
        return self._db.execute(statement, parameters).fetchall()

    def change(self, statement: str, *parameters: Parameter) -> int:
        return self._db.execute(statement, parameters).rowcount


@contextmanager
def records(path: Path) -> Iterator[Sql]:
    """One transaction on the file, whoever else uses it; what raises inside keeps nothing."""
    prepare(path)
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield SqliteSql(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def attempt(db: sqlite3.Connection, work: Work[T]) -> T | Undone:
    """A part of the open transaction that fails alone, unless the database itself fails."""
    db.execute("SAVEPOINT attempt")
    done: T | Undone
    try:
        done = work(SqliteSql(db))
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001  (it belongs to whoever asked for the work)
        db.execute("ROLLBACK TO attempt")
        done = Undone(error)
    db.execute("RELEASE attempt")
    return done


def read(db: sqlite3.Connection, work: Work[T]) -> T:
    """All of it sees one moment, and nothing it changes is kept."""
    db.execute("BEGIN")
    try:
        return work(SqliteSql(db))
    finally:
        db.execute("ROLLBACK")
