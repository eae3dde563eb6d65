"""A year of 50 sensors at a minute, 26 million rows, straight into the embedded store's tables.

In the order in which they would have come in, so that the file is as large and as scattered as a
grown one; a day at a time, in bounded memory. The means are made by the store's own upkeep.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.storage.base import DAY_MS, MINUTE_MS
from app.storage.sqlite import upkeep
from app.storage.sqlite.file import connect, prepare

TENANT, EPOCH = "acme", "d90a85983c81"
SENSORS, ROOMS, SITES = 50, 25, 5
DAYS = 365
START_MS = 1_735_689_600_000
"""2025-01-01T00:00:00Z."""
END_MS = START_MS + DAYS * DAY_MS
PER_DAY = SENSORS * DAY_MS // MINUTE_MS
PARTS_AT_ONCE = 200
"""Parts of the means in one commit."""

SELDOM, SELDOM_ROWS = "seldom", 10
"""A sensor that was there on the first day alone, for its first minutes."""

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

Tell = Callable[[str, float], None]
"""What was done, and the seconds it took."""


def generate(path: Path, tell: Tell, days: int = DAYS) -> int:
    """How many rows there are."""
    prepare(path)
    db = connect(path)
    db.execute("PRAGMA synchronous = OFF")
    with _timed("rows generated", tell):
        _catalog(db)
        for day in range(days):
            named = {"start_ms": START_MS + day * DAY_MS, "sensors": SENSORS}
            db.execute(_DAY, named | {"sequence": day * PER_DAY})
    rows = days * PER_DAY
    db.execute(_SELDOM, {"sensor": SENSORS + 1, "sequence": rows, "rows": SELDOM_ROWS})
    with _timed("means made by the store's upkeep", tell):
        while _roll_up(db):
            pass
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return rows + SELDOM_ROWS


def _catalog(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO tenants (name, epoch, created_ms) VALUES (?, ?, 0)", (TENANT, EPOCH))
    for number in range(1, SENSORS + 2):
        room = number % ROOMS
        sensor_id = SELDOM if number > SENSORS else f"sensor{number}"
        db.execute(
            "INSERT INTO series VALUES (?1, 1, ?1, ?2, ?3, ?4)",
            (number, sensor_id, f"Site {room % SITES}", f"Room {room}"),
        )


def _roll_up(db: sqlite3.Connection) -> int:
    left = 1
    db.execute("BEGIN")
    for _ in range(PARTS_AT_ONCE):
        left = upkeep.roll_up(db)
        if not left:
            break
    db.execute("COMMIT")
    return left


@contextmanager
def _timed(what: str, tell: Tell) -> Iterator[None]:
    began = time.perf_counter()
    yield
    tell(what, time.perf_counter() - began)
