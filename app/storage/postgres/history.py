"""Reading the PostgreSQL store by time: raw measurements, and means over steps."""

from collections.abc import Callable, Sequence

from app.model import Publication
from app.protocol.topics import Selection
from app.storage.base import DAY_MS, HOUR_MS, Bucket, Period
from app.storage.catalog import Chosen
from app.storage.columns import COLUMNS, PLACED
from app.storage.postgres.order import measurements_after, publications
from app.storage.postgres.session import Owner, Session
from app.storage.sums import Sums
from app.storage.windows import Answer, Ask, Newest, answered, newest_buckets

_COLUMNS = ", ".join(PLACED)
_COUNTS = ", ".join(f"count({column})" for column in COLUMNS)
_TOTALS = ", ".join(f"coalesce(sum({column}), 0)" for column in COLUMNS)
_KEPT_COUNTS = ", ".join(f"sum({column}_count)" for column in COLUMNS)
_KEPT_TOTALS = ", ".join(f"sum({column})" for column in COLUMNS)

_OF_EACH = """
    unnest(%(sensors)s::int[]) AS each (number), LATERAL (
        SELECT {columns} FROM measurements
        WHERE sensor = each.number AND series = ANY(%(series)s)
            AND time_ms >= %(start_ms)s AND time_ms < %(end_ms)s
            AND (time_ms, sequence) < (%(mark_ms)s, %(mark)s)
        ORDER BY time_ms DESC LIMIT {limit}
    ) AS of_one
"""
_REACHED = f"""
    SELECT of_one.time_ms FROM {_OF_EACH.format(columns="time_ms", limit="%(share)s")}
    ORDER BY time_ms DESC OFFSET %(limit)s - 1 LIMIT 1
"""  # noqa: S608  (the names of columns)
_NEWEST_ROWS = f"""
    SELECT {_COLUMNS} FROM {_OF_EACH.format(columns=_COLUMNS, limit="%(limit)s")}
    ORDER BY time_ms DESC, sequence DESC LIMIT %(limit)s
"""  # noqa: S608  (as above)

_LAST_MEASURED = """
    SELECT max(time_ms) FROM unnest(%s::int[]) AS each (number), LATERAL (
        SELECT time_ms FROM measurements
        WHERE sensor = each.number AND time_ms >= %s AND time_ms < %s
        ORDER BY time_ms DESC LIMIT 1
    ) AS of_one
"""
_LAST_MEAN = {
    step_ms: f"""
    SELECT max(start_ms) FROM unnest(%s::int[]) AS each (number), LATERAL (
        SELECT start_ms FROM means
        WHERE step_ms = {step_ms} AND series = each.number AND start_ms >= %s AND start_ms < %s
        ORDER BY start_ms DESC LIMIT 1
    ) AS of_one
    """  # noqa: S608  (our number)
    for step_ms in (HOUR_MS, DAY_MS)
}
_FAR = 2**62


def measurements(
    session: Session, tenant: str, period: Period, selection: Selection, after: int | None
) -> list[Publication]:
    with session.snapshot(tenant) as owner:
        if owner is None:
            return []
        chosen = session.catalog.choose(owner.number, selection, period)
        if after is not None:
            return measurements_after(session, owner, after, period, chosen)
        return publications(session, owner, newest_rows(session, period, chosen))[::-1]


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


def newest_rows(session: Session, period: Period, chosen: Chosen) -> list[tuple[int, ...]]:
    """A share of each sensor's shows how far back the page goes; it grows where many sensors have
    little, so that no more than a few pages' worth is looked at.
    """
    page = period.before
    mark = (_FAR, _FAR) if page is None else (page.time_ms, int(page.tie[0]))
    asked = {
        "sensors": list(chosen.sensors),
        "series": _series(chosen),
        "start_ms": period.start_ms,
        "end_ms": min(period.end_ms, mark[0] + 1),
        "mark_ms": mark[0],
        "mark": mark[1],
        "limit": period.limit,
    }
    share = -(-period.limit // max(1, len(chosen.sensors)))
    while share < period.limit:
        reached = session.ask(_REACHED, asked | {"share": share})
        if reached:
            asked["start_ms"] = reached[0][0]
            break
        share *= 4
    return session.ask(_NEWEST_ROWS, asked)


class _Raw:
    """Means of the measurements themselves."""

    def __init__(self, session: Session, period: Period, chosen: Chosen) -> None:
        self._session = session
        self._chosen = chosen
        self._step = _step("time_ms", period)

    def answer(self, ask: Ask) -> Answer:
        sensors = list(self._chosen.sensors)
        if isinstance(ask, Newest):
            return _newest(self._session, _LAST_MEASURED, sensors, ask)
        where = "sensor = ANY(%s) AND time_ms >= %s AND time_ms < %s AND series = ANY(%s)"
        bounds = (sensors, ask.start_ms, ask.end_ms, _series(self._chosen))
        sums = _raw_sums(self._session, self._step, where, bounds)
        return sums.buckets(self._session.catalog.keys)


class _Means:
    """Means kept by the hour or day, and those of the measurements not taken into them yet."""

    def __init__(self, session: Session, owner: Owner, period: Period, chosen: Chosen) -> None:
        self._session = session
        self._chosen = chosen
        self._step = _step("start_ms", period)
        self._kept_ms = HOUR_MS if period.step_ms % DAY_MS else DAY_MS
        where = (
            "tenant = %s AND sequence > %s AND time_ms >= %s AND time_ms < %s AND series = ANY(%s)"
        )
        low = period.step_of(period.start_ms)
        high = period.step_of(period.end_ms - 1) + period.step_ms
        bounds = (owner.number, owner.rolled, low, high, _series(chosen))
        self._fresh = _raw_sums(session, _step("time_ms", period), where, bounds)

    def answer(self, ask: Ask) -> Answer:
        session, series = self._session, _series(self._chosen)
        if isinstance(ask, Newest):
            fresh = self._fresh.newest(ask.start_ms, ask.end_ms)
            kept = _newest(session, _LAST_MEAN[self._kept_ms], series, ask)
            return max((each for each in (fresh, kept) if each is not None), default=None)
        sums = Sums()
        where = "step_ms = %s AND series = ANY(%s) AND start_ms >= %s AND start_ms < %s"
        bounds = (self._kept_ms, series, ask.start_ms, ask.end_ms)
        sums.add(
            session.ask(
                f"SELECT series, {self._step} AS start, {_KEPT_COUNTS}, {_KEPT_TOTALS} FROM means"  # noqa: S608  (built of placeholders)
                f" WHERE {where} GROUP BY series, start",
                bounds,
            )
        )
        sums.add_more(
            session.ask(
                f"SELECT series, {self._step} AS start, quantity, sum(count), sum(total)"  # noqa: S608  (as above)
                f" FROM more_means WHERE {where} GROUP BY series, start, quantity",
                bounds,
            )
        )
        sums.take(self._fresh, ask.start_ms, ask.end_ms)
        return sums.buckets(session.catalog.keys)


def _raw_sums(session: Session, step: str, where: str, bounds: Sequence[object]) -> Sums:
    """Other quantities are looked for only where a measurement has any."""
    sums = Sums()
    rows = session.ask(
        f"SELECT series, {step} AS start, {_COUNTS}, {_TOTALS}, count(more)"  # noqa: S608  (built of placeholders)
        f" FROM measurements WHERE {where} GROUP BY series, start",
        bounds,
    )
    sums.add(row[:-1] for row in rows)
    if any(row[-1] for row in rows):
        sums.add_more(
            session.ask(
                f"SELECT series, {step} AS start, each.key, count(*), sum(each.value::float8)"  # noqa: S608  (as above)
                " FROM measurements, json_each_text(more::json) AS each"
                f" WHERE {where} AND more IS NOT NULL GROUP BY series, start, each.key",
                bounds,
            )
        )
    return sums


def _newest(session: Session, last: str, numbers: list[int], ask: Newest) -> int | None:
    """One look at the end of each sensor's or series' rows."""
    ((newest,),) = session.ask(last, (numbers, ask.start_ms, ask.end_ms))
    return None if newest is None else int(newest)


def _step(column: str, period: Period) -> str:
    """`Period.step_of` as SQL; its numbers are ours."""
    offset, width = period.offset_ms, period.step_ms
    return f"({column} - {offset}) / {width} * {width} + {offset}"


def _series(chosen: Chosen) -> list[int]:
    return sorted(chosen.series)
