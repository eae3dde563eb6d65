"""The store's file: how every user of it connects, and how it is made or brought up to date."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.storage.sqlite.schema import migrate

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process's write: a command line that makes a device, a backup."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection as every user of the file has it; statements commit by themselves."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def prepare(path: Path) -> None:
    """Make or migrate the file, readable by its owner alone, one process after the other."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path.parent):
        path.touch(mode=0o600, exist_ok=True)
        connection = connect(path)
        try:
            migrate(connection)
        finally:
            connection.close()


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """SQLite itself does not wait for whoever else switches a new file to WAL: it fails."""
    held = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
