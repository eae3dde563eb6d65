"""Copies of the SQLite file: one made while a gateway writes to it, and one put in its place.

A restored file begins anew: new epochs, since positions that were given out after the backup would
be given out once more, to other messages; no sessions, since those that ended since would live on.
"""

import contextlib
import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

from app.storage.copies import BackupError, arriving, sync
from app.storage.sqlite.file import connect, prepare

PAGES_AT_ONCE = 1_024
"""4 MB."""
REST = 0.005
"""Seconds between two steps, in which the disk is the gateway's."""
_COMPANIONS = ("-wal", "-shm", "-journal")


def back_up(database: Path, target: Path) -> None:
    """Write the file as it is at this moment to `target`, whole or not at all, its owner's alone.

    Ingest goes on; the write-ahead log cannot be emptied meanwhile and grows by what comes in.
    """
    if not database.exists():
        raise BackupError("there is no database yet")
    if target.exists() and target.samefile(database):
        raise BackupError("a backup cannot take the place of the database itself")
    with arriving(target, _COMPANIONS) as part, contextlib.closing(connect(database)) as source:
        _copy(source, part)


def restore(backup: Path, database: Path) -> Path | None:
    """Put a backup in the place of the database; where the former one is kept, if there was one.

    Nobody may have the database open. Raise `BackupError` for what is no whole backup,
    `app.storage.base.NewerSchemaError` for one of a newer gateway.
    """
    if not backup.exists():
        raise BackupError("there is no such file")
    former: Path | None = None
    with arriving(database, _COMPANIONS) as part:
        try:
            address = f"{backup.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as source:
                _copy(source, part)
            _check(part)
        except sqlite3.DatabaseError as error:
            raise BackupError(f"this is no whole backup: {error}") from error
        prepare(part)
        _begin_anew(part)
        if database.exists():
            former = _put_aside(database)
    return former


def _copy(source: sqlite3.Connection, target: Path) -> None:
    """Of one moment: a snapshot is held, or each commit meanwhile would make it begin anew."""
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema").fetchone()
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda *_: time.sleep(REST))
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, that opens anywhere


def _check(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise BackupError("the backup is damaged")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        tables = "SELECT 1 FROM sqlite_schema WHERE name = 'tenants'"
        if not version or db.execute(tables).fetchone() is None:
            raise BackupError("this is no backup of a gateway's database")


def _begin_anew(path: Path) -> None:
    with contextlib.closing(connect(path)) as db:
        db.execute("UPDATE tenants SET epoch = lower(hex(randomblob(6)))")
        db.execute("DELETE FROM sessions")


def _put_aside(database: Path) -> Path:
    """Its name stays taken until another file takes it: at no moment is there no database.

    What a killed gateway left in the write-ahead log belongs to it, and never to its successor.
    """
    with contextlib.suppress(sqlite3.Error), contextlib.closing(connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    now = datetime.now(UTC)
    aside = database.with_name(f"{database.name}.before-restore-{now:%Y%m%dT%H%M%S.%fZ}")
    os.link(database, aside)
    for name in _COMPANIONS:
        left = Path(f"{database}{name}")
        if left.exists():
            left.replace(f"{aside}{name}")
    sync(database.absolute().parent)
    return aside
