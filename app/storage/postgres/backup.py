"""Copies of the PostgreSQL store: of one moment while gateways write, and put in its place.

What is copied is the schema that the gateway's tables are in. As in `app.storage.sqlite.backup`, a
restored one begins anew: new epochs and no sessions, in the transaction that brings it back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Composable, Identifier

from app.storage.copies import BackupError, arriving
from app.storage.postgres.connection import Db, connect, unavailable
from app.storage.postgres.programs import Programs
from app.storage.postgres.schema import MIGRATIONS, prepare
from app.storage.postgres.transactions import WRITING

STATEMENT = 3.0
"""Seconds for each of ours; copying takes as long as it takes."""

_ATTEMPT = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1")
_ANYBODYS = ("--no-owner", "--no-privileges")
"""Everything belongs to the user of DATABASE_URL."""
_TABLES = """
    SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %s AND relkind = 'r' ORDER BY relname
"""
_BEGIN_ANEW = """
    SET search_path = {schema};
    DO $$ BEGIN
        IF (SELECT taken FROM schema_version) > {known} THEN
            RAISE EXCEPTION 'the backup is of a newer gateway';
        END IF;
    END $$;
    UPDATE tenants SET epoch = left(replace(gen_random_uuid()::text, '-', ''), 12);
    DELETE FROM sessions;
    ANALYZE measurements;
"""


def back_up(url: str, programs: Path, target: Path) -> None:
    """Write the gateway's tables as they are at this moment to `target`, whole or not at all.

    `programs` is the folder of `pg_dump`. Ingest goes on. Raise `BackupError`, or
    `UnavailableError` with what the server says.
    """
    with _database(url) as db:
        schema = _schema(db)
        if "tenants" not in _tables(db, schema):
            raise BackupError("there is no database yet")
        named = Identifier(schema).as_string(db)  # in quotes it is a name, not a pattern
    with arriving(target) as part:
        words = ("--format=custom", f"--schema={named}", "--no-password", f"--file={part}")
        Programs(programs, url).run("pg_dump", *words, *_ANYBODYS)


def restore(backup: Path, url: str, programs: Path) -> str | None:
    """Put a backup in the place of the gateway's tables, all of it or nothing.

    The name of the schema that keeps the former ones, if there were any. Raise as `back_up` does:
    also while a gateway runs, and for what is no whole backup, or one of a newer gateway.
    """
    if not backup.exists():
        raise BackupError("there is no such file")
    with _database(url) as db:
        _lock(db)
        schema, its = _schema(db), Programs(programs, url)
        _check(its, backup, schema)
        former = _tables(db, schema)
        aside = f"before_restore_{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"
        anew = SQL(_BEGIN_ANEW).format(schema=Identifier(schema), known=len(MIGRATIONS))
        words = (f"--schema={schema}", *_ANYBODYS)
        with its.fed("psql", "--single-transaction", *_ATTEMPT, "--file=-") as transaction:
            if former:
                transaction.write(_put_aside(schema, former, aside).as_bytes(db))
            with _reading():
                its.pour(transaction, "pg_restore", *words, "--file=-", backup)
            transaction.write(anew.as_bytes(db))
        prepare(url)
    return aside if former else None


@contextmanager
def _database(url: str) -> Iterator[Db]:
    try:
        with connect(url, STATEMENT) as db:
            yield db
    except psycopg.Error as error:
        raise unavailable(error) from error


def _lock(db: Db) -> None:
    """Against a gateway; one that was killed this moment may hold it a little longer."""
    try:
        db.execute("SELECT pg_advisory_lock(%s)", (WRITING,))
    except LockNotAvailable as error:
        raise BackupError("another gateway runs on DATABASE_URL") from error


def _schema(db: Db) -> str:
    ((schema,),) = db.execute("SELECT current_schema()").fetchall()
    if schema is None:
        raise BackupError("no schema of the search_path of DATABASE_URL is there")
    return str(schema)


def _tables(db: Db, schema: str) -> list[str]:
    return [name for (name,) in db.execute(_TABLES, (schema,)).fetchall()]


def _check(its: Programs, backup: Path, schema: str) -> None:
    """Its list of contents alone: one that ends too early shows it when it is read."""
    with _reading():
        listed = its.run("pg_restore", "--list", backup)
    if f" TABLE {schema} schema_version " not in listed:
        raise BackupError(f"this is no backup of a gateway's tables in a schema {schema}")


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise BackupError(f"this is no whole backup: {error}") from error


def _put_aside(schema: str, tables: Sequence[str], aside: str) -> Composable:
    """With their indices and numbers; they can be read there, or dropped."""
    moves = [
        SQL("ALTER TABLE {} SET SCHEMA {};\n").format(Identifier(schema, table), Identifier(aside))
        for table in tables
    ]
    return SQL("CREATE SCHEMA {};\n").format(Identifier(aside)) + SQL("").join(moves)
