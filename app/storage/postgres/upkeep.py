"""What the PostgreSQL writer does beside: means, and letting go of what is past.

Each call does a small part inside the writer's transaction, so that senders wait some milliseconds
at most. Of several gateways each may do it: a tenant that another one holds is left for the next
time, since waiting for it while holding others could end in a circle.
"""

from app.storage.base import DAY_MS, HOUR_MS, Pruned, Retention
from app.storage.columns import COLUMNS
from app.storage.postgres.connection import Db, ask

ROLLED_AT_ONCE = 1_000
PRUNED_AT_ONCE = 1_000

_BOTH = (*(f"{column}_count" for column in COLUMNS), *COLUMNS)
_SUMS = (
    *(f"count({column})" for column in COLUMNS),
    *(f"coalesce(sum({column}), 0)" for column in COLUMNS),
)
_PART = "tenant = %(tenant)s AND sequence > %(rolled)s AND sequence <= %(until)s"
_START = "time_ms / %(step_ms)s * %(step_ms)s"
_ROLL_UP = f"""
    INSERT INTO means (step_ms, series, start_ms, {", ".join(_BOTH)})
    SELECT %(step_ms)s, series, {_START}, {", ".join(_SUMS)} FROM measurements
    WHERE {_PART} GROUP BY 2, 3
    ON CONFLICT (step_ms, series, start_ms) DO UPDATE
    SET {", ".join(f"{name} = means.{name} + excluded.{name}" for name in _BOTH)}
"""  # noqa: S608  (the names of columns)
_ROLL_UP_MORE = f"""
    INSERT INTO more_means (step_ms, series, start_ms, quantity, count, total)
    SELECT %(step_ms)s, series, {_START}, each.key, count(*), sum(each.value::float8)
    FROM measurements, json_each_text(more::json) AS each
    WHERE {_PART} AND more IS NOT NULL GROUP BY 2, 3, 4
    ON CONFLICT (step_ms, series, start_ms, quantity) DO UPDATE
    SET count = more_means.count + excluded.count, total = more_means.total + excluded.total
"""  # noqa: S608  (as above)
_FIRST_KEPT = """
    SELECT min(sequence) FROM (
        SELECT min(sequence) AS sequence FROM measurements
        WHERE tenant = %(tenant)s AND sequence > %(pruned)s AND sequence <= %(until)s AND (
            time_ms + lag_ms >= %(before_ms)s
            OR sequence > (SELECT rolled FROM tenants WHERE number = %(tenant)s)
        )
        UNION ALL
        SELECT min(sequence) FROM notices
        WHERE tenant = %(tenant)s AND sequence > %(pruned)s AND sequence <= %(until)s
            AND received_ms >= %(before_ms)s
    ) AS kept
"""
_SINCE = """
    SELECT coalesce(min(received_ms), 0) FROM (
        SELECT (
            SELECT time_ms + lag_ms FROM measurements
            WHERE tenant = number ORDER BY sequence LIMIT 1
        ) AS received_ms FROM tenants
        UNION ALL
        SELECT (
            SELECT received_ms FROM notices WHERE tenant = number ORDER BY sequence LIMIT 1
        ) FROM tenants
    ) AS first
"""


def roll_up(db: Db) -> int:
    """A part of at most `ROLLED_AT_ONCE` sequences; how many are left."""
    behind = db.execute(
        "SELECT number, rolled, newest FROM tenants WHERE newest > rolled ORDER BY name"
        " FOR UPDATE SKIP LOCKED"
    ).fetchall()
    waiting = sum(newest - rolled for _, rolled, newest in behind)
    left = min(waiting, ROLLED_AT_ONCE)
    waiting -= left
    for tenant, rolled, newest in behind:
        until = min(newest, rolled + left)
        for step_ms in (HOUR_MS, DAY_MS):
            part = {"step_ms": step_ms, "tenant": tenant, "rolled": rolled, "until": until}
            for statement in (_ROLL_UP, _ROLL_UP_MORE):
                ask(db, statement, part)
        db.execute("UPDATE tenants SET rolled = %s WHERE number = %s", (until, tenant))
        left -= until - rolled
        if not left:
            break
    return int(waiting)


def prune(db: Db, default: Retention, now_ms: int) -> Pruned:
    """A part of at most `PRUNED_AT_ONCE` rows."""
    oldest: dict[str, int] = {}
    left = PRUNED_AT_ONCE
    tenants = db.execute(
        """
        SELECT number, name, pruned, newest, raw_days, hourly_days, daily_days
        FROM tenants ORDER BY name FOR UPDATE SKIP LOCKED
        """
    ).fetchall()
    for number, name, pruned, newest, *days in tenants:
        raw, hourly, daily = default.narrowed(days).ends_ms(now_ms)
        reached = _prune_raw(db, number, pruned, min(pruned + left, newest), raw)
        if reached > pruned:
            oldest[name] = reached + 1
        left -= reached - pruned
        left -= _prune_means(db, number, HOUR_MS, hourly, left)
        left -= _prune_means(db, number, DAY_MS, daily, left)
        if left <= 0:
            break
    ((since_ms,),) = db.execute(_SINCE).fetchall()
    return Pruned(oldest, rows=PRUNED_AT_ONCE - left, more=left <= 0, since_ms=since_ms)


def _prune_raw(db: Db, tenant: int, pruned: int, until: int, before_ms: int) -> int:
    """The sequence up to which nothing is left now.

    Only from the oldest on and without a hole: whatever comes after a position is kept with it.
    """
    if not before_ms or until <= pruned:
        return pruned
    part = {"tenant": tenant, "pruned": pruned, "until": until, "before_ms": before_ms}
    ((kept,),) = db.execute(_FIRST_KEPT, part).fetchall()
    until = until if kept is None else kept - 1
    if until == pruned:
        return pruned
    for table in ("measurements", "notices"):
        ask(
            db,
            f"DELETE FROM {table} WHERE tenant = %s AND sequence > %s AND sequence <= %s",  # noqa: S608  (one of two names)
            (tenant, pruned, until),
        )
    db.execute(
        "UPDATE tenants SET pruned = %s, pruned_ms = greatest(pruned_ms, %s) WHERE number = %s",
        (until, before_ms, tenant),
    )
    return until


def _prune_means(db: Db, tenant: int, step_ms: int, before_ms: int, most: int) -> int:
    gone = 0
    for table in ("means", "more_means"):
        deleted = ask(
            db,
            f"""
            DELETE FROM {table} WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {table}
                WHERE step_ms = %s AND start_ms < %s
                    AND series IN (SELECT number FROM series WHERE tenant = %s)
                LIMIT %s
            ))
            """,  # noqa: S608  (one of two names)
            (step_ms, before_ms, tenant, max(0, most - gone)),
        )
        gone += deleted.rowcount
    return gone
