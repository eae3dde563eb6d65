"""Plain SQL on PostgreSQL: beside a gateway, inside the writer's transaction, on a reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg

from app.storage.postgres.connection import Db, ask, connect, unavailable
from app.storage.postgres.schema import prepare
from app.storage.postgres.session import Session
from app.storage.sql import Parameter, Sql, Undone, Work

COMMAND = 10.0
"""Seconds for each statement of a command."""

RECORDS = 0x1A90004
"""The advisory lock under which records are changed: by one at a time, whichever gateway or command
it is, so that what work has read is still so when it writes.
"""

T = TypeVar("T")


class PostgresSql:
    """`app.storage.sql.Sql` in the transaction that is open on a connection."""

    def __init__(self, db: Db) -> None:
        self._db = db

    def rows(self, statement: str, *parameters: Parameter) -> list[tuple[Any, ...]]:
        return ask(self._db, _translated(statement), parameters).fetchall()

    def change(self, statement: str, *parameters: Parameter) -> int:
        return ask(self._db, _translated(statement), parameters).rowcount


@contextmanager
def records(url: str) -> Iterator[Sql]:
    """One transaction; what raises inside keeps nothing. Raise `UnavailableError` as `prepare`."""
    prepare(url)
    try:
        with connect(url, COMMAND) as db, db.transaction():
            db.execute("SELECT pg_advisory_xact_lock(%s)", (RECORDS,))
            yield PostgresSql(db)
    except psycopg.Error as error:
        raise unavailable(error) from error


def attempt(db: Db, work: Work[T]) -> T | Undone:
    """A part of the open transaction that fails alone, unless the database itself fails."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", (RECORDS,))
    try:
        with db.transaction():
            return work(PostgresSql(db))
    except psycopg.Error:
        raise
    except Exception as error:  # noqa: BLE001  (it belongs to whoever asked for the work)
        return Undone(error)


def read(session: Session, work: Work[T]) -> T:
    """All of it sees one moment, and nothing it changes is kept."""
    with session.moment():
        return work(PostgresSql(session.db))


def _translated(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")
