"""Reading the SQLite store by time: raw measurements, and means over steps."""

import heapq
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from app.model import Publication
from app.protocol.topics import Selection
from app.storage.base import DAY_MS, HOUR_MS, Bucket, Period
from app.storage.catalog import Chosen
from app.storage.columns import COLUMNS, PLACED
from app.storage.sqlite.order import measurements_after, publications
from app.storage.sqlite.session import Owner, Session
from app.storage.sums import Sums
from app.storage.windows import Answer, Ask, Newest, answered, newest_buckets

_COLUMNS = ", ".join(PLACED)
_LISTED = "IN (SELECT value FROM json_each(?))"
_COUNTS = ", ".join(f"count({column})" for column in COLUMNS)
_TOTALS = ", ".join(f"total({column})" for column in COLUMNS)
_LAST_MEASURED = (
    "SELECT max(time_ms) FROM measurements"
    " WHERE sensor = each.value AND time_ms >= ?1 AND time_ms < ?2"
)
_LAST_MEAN = {
    step_ms: f"SELECT max(start_ms) FROM means WHERE step_ms = {step_ms}"  # noqa: S608  (our number)
    " AND series = each.value AND start_ms >= ?1 AND start_ms < ?2"
    for step_ms in (HOUR_MS, DAY_MS)
}
_BY_SEQUENCE = "INDEXED BY measurement_sequence"
_KEPT_TOTALS = ", ".join(f"sum({column})" for column in COLUMNS)
_KEPT_COUNTS = ", ".join(f"sum({column}_count)" for column in COLUMNS)


def measurements(
    session: Session, tenant: str, period: Period, selection: Selection, after: int | None
) -> list[Publication]:
    with session.snapshot(tenant) as owner:
        if owner is None:
            return []
        chosen = session.catalog.choose(owner.number, selection, period)
        if after is not None:
            return measurements_after(session, owner, after, period, chosen)
        rows = itertools.islice(_newest_rows(session.db, period, chosen), period.limit)
        return publications(session, owner, rows)[::-1]


def buckets(session: Session, tenant: str, period: Period, selection: Selection) -> list[Bucket]:
    with session.snapshot(tenant) as owner:
        if owner is None:
            return []
        chosen = session.catalog.choose(owner.number, selection, period)
        source: Callable[[Ask], Answer]
        if period.step_ms % HOUR_MS:
            source = _Raw(session, period, chosen).answer
        else:
            source = _Means(session, owner, period, chosen).answer
        return answered(newest_buckets(period, len(chosen.series)), source)


def _newest_rows(
    db: sqlite3.Connection, period: Period, chosen: Chosen
) -> Iterable[tuple[int, ...]]:
    """One cursor a sensor, merged: no more rows are read than are taken."""
    end_ms = period.end_ms
    if period.before is not None:
        end_ms = min(end_ms, period.before.time_ms + 1)
    cursors = [
        db.execute(
            f"SELECT {_COLUMNS} FROM measurements"  # noqa: S608  (the names of columns)
            " WHERE sensor = ? AND time_ms >= ? AND time_ms < ? ORDER BY time_ms DESC",
            (sensor, period.start_ms, end_ms),
        )
        for sensor in chosen.sensors
    ]
    before = _mark(period)
    for row in heapq.merge(*cursors, key=_by_time, reverse=True):
        if row[1] in chosen.series and (before is None or _by_time(row) < before):
            yield row


def _mark(period: Period) -> tuple[int, int] | None:
    page = period.before
    return None if page is None else (page.time_ms, int(page.tie[0]))


def _by_time(row: tuple[int, ...]) -> tuple[int, int]:
    return row[2], row[0]


class _Raw:
    """Means of the measurements themselves."""

    def __init__(self, session: Session, period: Period, chosen: Chosen) -> None:
        self._session = session
        self._chosen = chosen
        self._step = _step("time_ms", period)

    def answer(self, ask: Ask) -> Answer:
        db, chosen = self._session.db, self._chosen
        if isinstance(ask, Newest):
            return _newest(db, _LAST_MEASURED, chosen.sensors, ask)
        where = f"sensor {_LISTED} AND time_ms >= ? AND time_ms < ? AND series {_LISTED}"
        bounds = (json.dumps(chosen.sensors), ask.start_ms, ask.end_ms, _numbers(chosen))
        sums = _raw_sums(db, self._step, where, bounds)
        return sums.buckets(self._session.catalog.keys)


class _Means:
    """Means kept by the hour or day, and those of the measurements not taken into them yet."""

    def __init__(self, session: Session, owner: Owner, period: Period, chosen: Chosen) -> None:
        self._session = session
        self._chosen = chosen
        self._step = _step("start_ms", period)
        self._kept_ms = HOUR_MS if period.step_ms % DAY_MS else DAY_MS
        where = "tenant = ? AND sequence > ? AND time_ms >= ? AND time_ms < ? AND series " + _LISTED
        low = period.step_of(period.start_ms)
        high = period.step_of(period.end_ms - 1) + period.step_ms
        bounds = (owner.number, owner.rolled, low, high, _numbers(chosen))
        step = _step("time_ms", period)
        self._fresh = _raw_sums(session.db, step, where, bounds, index=_BY_SEQUENCE)

    def answer(self, ask: Ask) -> Answer:
        db, chosen = self._session.db, self._chosen
        if isinstance(ask, Newest):
            fresh = self._fresh.newest(ask.start_ms, ask.end_ms)
            kept = _newest(db, _LAST_MEAN[self._kept_ms], sorted(chosen.series), ask)
            return max((each for each in (fresh, kept) if each is not None), default=None)
        sums = Sums()
        where = f"step_ms = ? AND series {_LISTED} AND start_ms >= ? AND start_ms < ?"
        bounds = (self._kept_ms, _numbers(chosen), ask.start_ms, ask.end_ms)
        sums.add(
            db.execute(
                f"SELECT series, {self._step} AS start, {_KEPT_COUNTS}, {_KEPT_TOTALS} FROM means"  # noqa: S608  (built of placeholders)
                f" WHERE {where} GROUP BY series, start",
                bounds,
            )
        )
        sums.add_more(
            db.execute(
                f"SELECT series, {self._step} AS start, quantity, sum(count), sum(total)"  # noqa: S608  (as above)
                f" FROM more_means WHERE {where} GROUP BY series, start, quantity",
                bounds,
            )
        )
        sums.take(self._fresh, ask.start_ms, ask.end_ms)
        return sums.buckets(self._session.catalog.keys)


def _raw_sums(
    db: sqlite3.Connection, step: str, where: str, bounds: Sequence[object], *, index: str = ""
) -> Sums:
    """Other quantities are looked for only where a measurement has any."""
    sums = Sums()
    rows = db.execute(
        f"SELECT series, {step} AS start, {_COUNTS}, {_TOTALS}, count(more)"  # noqa: S608  (built of placeholders)
        f" FROM measurements {index} WHERE {where} GROUP BY series, start",
        bounds,
    ).fetchall()
    sums.add(row[:-1] for row in rows)
    if any(row[-1] for row in rows):
        sums.add_more(
            db.execute(
                f"SELECT series, {step} AS start, each.key, count(*), total(each.value)"  # noqa: S608  (as above)
                f" FROM measurements {index}, json_each(more) AS each"
                f" WHERE {where} AND more IS NOT NULL GROUP BY series, start, each.key",
                bounds,
            )
        )
    return sums


def _newest(db: sqlite3.Connection, last: str, numbers: Sequence[int], ask: Newest) -> int | None:
    """One look at the end of each sensor's or series' rows."""
    (newest,) = db.execute(
        f"SELECT max(({last})) FROM json_each(?3) AS each",  # noqa: S608  (one of two of ours)
        (ask.start_ms, ask.end_ms, json.dumps(numbers)),
    ).fetchone()
    return None if newest is None else int(newest)


def _step(column: str, period: Period) -> str:
    """`Period.step_of` as SQL; its numbers are ours."""
    offset, width = period.offset_ms, period.step_ms
    return f"({column} - {offset}) / {width} * {width} + {offset}"


def _numbers(chosen: Chosen) -> str:
    return json.dumps(sorted(chosen.series))
