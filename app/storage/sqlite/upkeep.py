"""What the SQLite writer does beside: hourly and daily means, and letting go of what is past.

Each call does a small part inside the writer's transaction, so that senders wait some milliseconds
at most.
"""

import sqlite3

from app.storage.base import DAY_MS, HOUR_MS, Pruned, Retention
from app.storage.columns import COLUMNS
from app.storage.sqlite.ledger import Ledger
from app.storage.sqlite.queries import NEWEST

ROLLED_AT_ONCE = 1_000
"""4 ms for which senders wait, at 5 µs a row; 2,000 are a fifth quicker and hold them up twice."""
PRUNED_AT_ONCE = 1_000
"""1 ms."""

_BOTH = (*(f"{column}_count" for column in COLUMNS), *COLUMNS)
_SUMS = (*(f"count({column})" for column in COLUMNS), *(f"total({column})" for column in COLUMNS))
_ROLL_UP = f"""
    INSERT INTO means (step_ms, series, start_ms, {", ".join(_BOTH)})
    SELECT ?1, series, time_ms / ?1 * ?1, {", ".join(_SUMS)} FROM measurements
    INDEXED BY measurement_sequence WHERE tenant = ?2 AND sequence > ?3 AND sequence <= ?4
    GROUP BY 2, 3
    ON CONFLICT DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in _BOTH)}
"""  # noqa: S608  (the names of columns)
_ROLL_UP_MORE = """
    INSERT INTO more_means (step_ms, series, start_ms, quantity, count, total)
    SELECT ?1, series, time_ms / ?1 * ?1, each.key, count(*), total(each.value)
    FROM measurements INDEXED BY measurement_sequence, json_each(more) AS each
    WHERE tenant = ?2 AND sequence > ?3 AND sequence <= ?4 AND more IS NOT NULL
    GROUP BY 2, 3, 4
    ON CONFLICT DO UPDATE SET count = count + excluded.count, total = total + excluded.total
"""
_EXTENT = f"SELECT pruned, {NEWEST} FROM tenants WHERE number = ?"  # noqa: S608  (our own text)
_FIRST_KEPT = """
    SELECT min(sequence) FROM (
        SELECT min(sequence) AS sequence FROM measurements INDEXED BY measurement_sequence
        WHERE tenant = ?1 AND sequence > ?2 AND sequence <= ?3 AND (
            time_ms + lag_ms >= ?4
            OR sequence > (SELECT rolled FROM tenants WHERE number = ?1)
        )
        UNION ALL
        SELECT min(sequence) FROM notices
        WHERE tenant = ?1 AND sequence > ?2 AND sequence <= ?3 AND received_ms >= ?4
    )
"""
_SINCE = """
    SELECT ifnull(min(received_ms), 0) FROM (
        SELECT (
            SELECT time_ms + lag_ms FROM measurements INDEXED BY measurement_sequence
            WHERE tenant = number ORDER BY sequence LIMIT 1
        ) AS received_ms FROM tenants
        UNION ALL
        SELECT (
            SELECT received_ms FROM notices WHERE tenant = number ORDER BY sequence LIMIT 1
        ) FROM tenants
    )
"""


def roll_up(db: sqlite3.Connection) -> int:
    """A part of at most `ROLLED_AT_ONCE` sequences; how many are left."""
    behind = db.execute(
        """
        SELECT number, rolled, newest FROM (
            SELECT number, rolled,
                   (SELECT max(sequence) FROM measurements WHERE tenant = number) AS newest
            FROM tenants
        ) WHERE newest > rolled
        """
    ).fetchall()
    waiting = sum(newest - rolled for _, rolled, newest in behind)
    left = min(waiting, ROLLED_AT_ONCE)
    waiting -= left
    for tenant, rolled, newest in behind:
        until = min(newest, rolled + left)
        for step_ms in (HOUR_MS, DAY_MS):
            for statement in (_ROLL_UP, _ROLL_UP_MORE):
                db.execute(statement, (step_ms, tenant, rolled, until))
        db.execute("UPDATE tenants SET rolled = ? WHERE number = ?", (until, tenant))
        left -= until - rolled
        if not left:
            break
    return int(waiting)


def prune(db: sqlite3.Connection, ledger: Ledger, default: Retention, now_ms: int) -> Pruned:
    """A part of at most `PRUNED_AT_ONCE` rows."""
    oldest: dict[str, int] = {}
    left = PRUNED_AT_ONCE
    for number, name, *days in db.execute(
        "SELECT number, name, raw_days, hourly_days, daily_days FROM tenants"
    ).fetchall():
        raw, hourly, daily = default.narrowed(days).ends_ms(now_ms)
        reached, gone = _prune_raw(db, number, raw, left)
        if gone:
            oldest[name] = reached + 1
            ledger.forget_orders()
        left -= gone
        left -= _prune_means(db, number, HOUR_MS, hourly, left)
        left -= _prune_means(db, number, DAY_MS, daily, left)
        if left <= 0:
            break
    (since_ms,) = db.execute(_SINCE).fetchone()
    return Pruned(oldest, rows=PRUNED_AT_ONCE - left, more=left <= 0, since_ms=since_ms)


def _prune_raw(db: sqlite3.Connection, tenant: int, before_ms: int, most: int) -> tuple[int, int]:
    """The sequence up to which nothing is left, and how many went now.

    Only from the oldest on and without a hole: whatever comes after a position is kept with it.
    """
    pruned, last = db.execute(_EXTENT, (tenant,)).fetchone()
    until = min(pruned + most, last)
    if not before_ms or until <= pruned:
        return pruned, 0
    (kept,) = db.execute(_FIRST_KEPT, (tenant, pruned, until, before_ms)).fetchone()
    until = until if kept is None else kept - 1
    if until == pruned:
        return pruned, 0
    for table in ("measurements INDEXED BY measurement_sequence", "notices"):
        db.execute(
            f"DELETE FROM {table} WHERE tenant = ? AND sequence > ? AND sequence <= ?",  # noqa: S608  (one of two names)
            (tenant, pruned, until),
        )
    db.execute(
        "UPDATE tenants SET pruned = ?, pruned_ms = max(pruned_ms, ?) WHERE number = ?",
        (until, before_ms, tenant),
    )
    return until, until - pruned


def _prune_means(
    db: sqlite3.Connection, tenant: int, step_ms: int, before_ms: int, most: int
) -> int:
    gone = 0
    for table in ("means", "more_means"):
        deleted = db.execute(
            f"""
            DELETE FROM {table} WHERE (step_ms, series, start_ms) IN (
                SELECT step_ms, series, start_ms FROM {table}
                WHERE step_ms = ? AND start_ms < ?
                    AND series IN (SELECT number FROM series WHERE tenant = ?)
                LIMIT ?
            )
            """,  # noqa: S608  (one of two names)
            (step_ms, before_ms, tenant, max(0, most - gone)),
        )
        gone += deleted.rowcount
    return gone
