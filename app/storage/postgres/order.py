"""Reading publications in the order of their positions, of measurements and notices together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.model import Position, Publication
from app.protocol.topics import Selection
from app.storage import joined
from app.storage.base import Extent, Period
from app.storage.catalog import Chosen
from app.storage.columns import PLACED, measurements
from app.storage.postgres.session import Owner, Session
from app.storage.selecting import Parameters, selected

SPAN = 20_000
"""Sequences looked through together; beyond them each chosen sensor's own are looked up."""

_COLUMNS = ", ".join(PLACED)


def after(
    session: Session, tenant: str, sequence: int, selection: Selection, limit: int
) -> list[Publication]:
    with session.snapshot(tenant) as owner:
        if owner is None:
            return []
        joined.refuse_pruned(owner.pruned, sequence)
        return following(session, owner, sequence, selection, limit)


def following(
    session: Session, owner: Owner, sequence: int, selection: Selection, limit: int
) -> list[Publication]:
    """Inside a snapshot: the oldest `limit` after a sequence."""
    chosen = session.catalog.choose(owner.number, selection)
    measured = _Way(session, owner, sequence).read(chosen, limit)
    noticed = _notices(session, owner, selection, sequence, limit)
    return joined.first(measured, noticed, limit)


def newest(session: Session, tenant: str, selection: Selection, limit: int) -> list[Publication]:
    with session.snapshot(tenant) as owner:
        if owner is None:
            return []
        chosen = session.catalog.choose(owner.number, selection)
        measured = _Way(session, owner, 0, newest_first=True).read(chosen, limit)
        noticed = _notices(session, owner, selection, 0, limit, newest_first=True)
        return joined.last(measured, noticed, limit)


def measurements_after(
    session: Session, owner: Owner, sequence: int, period: Period, chosen: Chosen
) -> list[Publication]:
    joined.refuse_pruned(owner.pruned, sequence)
    return _Way(session, owner, sequence, period=period).read(chosen, period.limit)


def extents(session: Session, tenants: Sequence[str]) -> Mapping[str, Extent]:
    rows = session.ask(
        "SELECT name, epoch, newest, pruned FROM tenants WHERE name = ANY(%s)", [list(tenants)]
    )
    return {
        name: Extent(Position(epoch, newest), pruned + 1) for name, epoch, newest, pruned in rows
    }


def oldest(session: Session, tenant: str) -> int:
    with session.snapshot(tenant) as owner:
        return 1 if owner is None else owner.pruned + 1


@dataclass(slots=True)
class _Way:
    """Through one tenant's measurements, from a sequence on or from the newest back."""

    session: Session
    owner: Owner
    after: int
    newest_first: bool = False
    period: Period | None = None

    def read(self, chosen: Chosen, limit: int) -> list[Publication]:
        """A span where the chosen ones are likely, then one look at each sensor's own rows."""
        low, high = self.after, self.owner.newest
        if chosen.everything:
            return self._span(None, low, high, limit)
        if not chosen.series:
            return []
        if self.newest_first:
            middle = max(low, high - SPAN)
            found, rest = self._span(chosen, middle, high, limit), (low, middle)
        else:
            middle = min(high, low + SPAN)
            found, rest = self._span(chosen, low, middle, limit), (middle, high)
        if len(found) < limit and rest[0] < rest[1]:
            found += self._sensor_by_sensor(chosen, *rest, limit - len(found))
        return found

    def _span(self, chosen: Chosen | None, low: int, high: int, limit: int) -> list[Publication]:
        listed, series = ("", []) if chosen is None else ("AND series = ANY(%s)", [_series(chosen)])
        where, bounds = self._bounds(low, high)
        return self._rows(
            f"SELECT {_COLUMNS} FROM measurements WHERE tenant = %s {listed} AND {where}"  # noqa: S608  (built of placeholders)
            f" {self._ordered} LIMIT %s",
            [self.owner.number, *series, *bounds, limit],
        )

    def _sensor_by_sensor(
        self, chosen: Chosen, low: int, high: int, limit: int
    ) -> list[Publication]:
        where, bounds = self._bounds(low, high)
        return self._rows(
            f"""
            SELECT {_COLUMNS} FROM unnest(%s::int[]) AS each (number), LATERAL (
                SELECT {_COLUMNS} FROM measurements
                WHERE sensor = each.number AND series = ANY(%s) AND {where}
                {self._ordered} LIMIT %s
            ) AS of_one {self._ordered} LIMIT %s
            """,  # noqa: S608  (as above)
            [list(chosen.sensors), _series(chosen), *bounds, limit, limit],
        )

    def _bounds(self, low: int, high: int) -> tuple[str, Parameters]:
        where, bounds = "sequence > %s AND sequence <= %s", [low, high]
        if self.period is not None:
            where += " AND time_ms >= %s AND time_ms < %s"
            bounds += [self.period.start_ms, self.period.end_ms]
        return where, [*bounds]

    @property
    def _ordered(self) -> str:
        return f"ORDER BY sequence {'DESC' if self.newest_first else ''}"

    def _rows(self, statement: str, parameters: Parameters) -> list[Publication]:
        rows = self.session.ask(statement, parameters)
        return publications(self.session, self.owner, rows)


def publications(
    session: Session, owner: Owner, rows: Iterable[Sequence[Any]]
) -> list[Publication]:
    """Of rows of measurements' `PLACED` columns."""
    return measurements(owner.name, owner.epoch, session.catalog.keys, rows)


def _notices(
    session: Session,
    owner: Owner,
    selection: Selection,
    sequence: int,
    limit: int,
    *,
    newest_first: bool = False,
) -> Iterator[Publication]:
    condition, parameters = selected(selection)
    rows = session.ask(
        f"SELECT {joined.NOTICED} FROM notices"  # noqa: S608  (built of placeholders)
        f" WHERE tenant = %s AND sequence > %s AND {condition.replace('?', '%s')}"
        f" ORDER BY sequence {'DESC' if newest_first else ''} LIMIT %s",
        [owner.number, sequence, *parameters, limit],
    )
    return joined.notices(owner.name, owner.epoch, rows)


def _series(chosen: Chosen) -> list[int]:
    return sorted(chosen.series)
