"""The year in the embedded store's file."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.storage.base import DAY_MS
from app.storage.sqlite import upkeep
from app.storage.sqlite.file import connect, prepare
from app.storage.sqlite.store import SqliteStore
from bench.year.shape import (
    EPOCH,
    PARTS_AT_ONCE,
    PER_DAY,
    SELDOM_ROWS,
    SENSORS,
    START_MS,
    TENANT,
    Tell,
    catalog,
    timed,
)

_DAY = """
    WITH RECURSIVE minute(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM minute WHERE n < 1439)
    INSERT INTO measurements
    SELECT number, :start_ms + minute.n * 60000 + number * 997, 1,
           :sequence + minute.n * :sensors + number, number, 40 + abs(random()) % 20,
           abs(random()) % 101, 400 + abs(random()) % 1200, (abs(random()) % 400) / 10.0,
           (abs(random()) % 900) / 1000.0, 18 + (abs(random()) % 80) / 10.0,
           30 + abs(random()) % 40, NULL
    FROM minute JOIN series ON number <= :sensors
    ORDER BY minute.n, number
"""
_SELDOM = """
    INSERT INTO measurements
    SELECT :sensor, time_ms + 1, tenant, :sequence + sequence, :sensor, lag_ms, score,
           co2, pm25, tvoc, temperature, humidity, more
    FROM measurements WHERE sensor = 1 ORDER BY time_ms LIMIT :rows
"""


class SqliteYear:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "gateway.db"

    def made(self) -> bool:
        return self._path.exists()

    def make(self, tell: Tell, days: int) -> int:
        prepare(self._path)
        db = connect(self._path)
        db.execute("PRAGMA synchronous = OFF")
        with timed("rows generated", tell):
            _catalog(db)
            for day in range(days):
                named = {"start_ms": START_MS + day * DAY_MS, "sensors": SENSORS}
                db.execute(_DAY, named | {"sequence": day * PER_DAY})
        rows = days * PER_DAY
        db.execute(_SELDOM, {"sensor": SENSORS + 1, "sequence": rows, "rows": SELDOM_ROWS})
        with timed("means made by the store's upkeep", tell):
            while _roll_up(db):
                pass
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        return rows + SELDOM_ROWS

    def size(self) -> int:
        return self._path.stat().st_size

    def store(self) -> SqliteStore:
        return SqliteStore(self._path, lambda _: None, capacity=1)

    @contextlib.contextmanager
    def floor(self) -> Iterator[Callable[[str], float]]:
        """Seconds of CPU."""

        def ask(sql: str) -> float:
            began = time.thread_time()
            db.execute(sql).fetchall()
            return time.thread_time() - began

        with contextlib.closing(connect(self._path)) as db:
            yield ask


def _catalog(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO tenants (name, epoch, created_ms) VALUES (?, ?, 0)", (TENANT, EPOCH))
    for number, named in enumerate(catalog(), 1):
        db.execute("INSERT INTO series VALUES (?1, 1, ?1, ?2, ?3, ?4)", (number, *named))


def _roll_up(db: sqlite3.Connection) -> int:
    left = 1
    db.execute("BEGIN")
    for _ in range(PARTS_AT_ONCE):
        left = upkeep.roll_up(db)
        if not left:
            break
    db.execute("COMMIT")
    return left
