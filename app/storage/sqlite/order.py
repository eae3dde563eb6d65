"""Reading publications in the order of their positions, of measurements and notices together.

A selection that is narrow and seldom met would lead through the whole order (14 s for 26 million
rows), so after `SCANNED` sequences the chosen sensors' own rows are looked through instead (0.2 s
for the half a million rows that a sensor has in a year).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.model import Publication
from app.protocol.topics import Selection
from app.storage import joined
from app.storage.base import Period
from app.storage.catalog import Chosen
from app.storage.columns import PLACED, measurements
from app.storage.selecting import Parameters, selected
from app.storage.sqlite.session import Owner, Session

SPAN = 20_000
"""Sequences looked through at first; each next span has four times as many."""
SCANNED = 500_000

_COLUMNS = ", ".join(PLACED)
_LISTED = "IN (SELECT value FROM json_each(?))"


def after(
    session: Session, tenant: str, sequence: int, selection: Selection, limit: int
) -> list[Publication]:
    with session.snapshot(tenant) as owner:
        if owner is None:
            return []
        joined.refuse_pruned(owner.pruned, sequence)
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


@dataclass(slots=True)
class _Way:
    """Through one tenant's measurements, from a sequence on or from the newest back."""

    session: Session
    owner: Owner
    after: int
    newest_first: bool = False
    period: Period | None = None

    def read(self, chosen: Chosen, limit: int) -> list[Publication]:
        last = self._last()
        if chosen.everything:
            return self._span(None, self.after, last, limit)
        found: list[Publication] = []
        low, high, span = self.after, last, SPAN
        while low < high and len(found) < limit and chosen.series:
            if span > SCANNED:
                return found + self._sensor_by_sensor(chosen, low, high, limit - len(found))
            middle = max(low, high - span) if self.newest_first else min(high, low + span)
            part = (middle, high) if self.newest_first else (low, middle)
            found += self._span(chosen, *part, limit - len(found))
            low, high = (low, middle) if self.newest_first else (middle, high)
            span *= 4
        return found

    def _last(self) -> int:
        (last,) = self.session.db.execute(
            "SELECT ifnull(max(sequence), 0) FROM measurements WHERE tenant = ?",
            (self.owner.number,),
        ).fetchone()
        return int(last)

    def _span(self, chosen: Chosen | None, low: int, high: int, limit: int) -> list[Publication]:
        narrowed = [] if chosen is None else [json.dumps(chosen.sensors), _numbers(chosen)]
        listed = "" if chosen is None else f"AND sensor {_LISTED} AND series {_LISTED}"
        return self._rows(
            f"INDEXED BY measurement_sequence WHERE tenant = ? {listed}",
            [self.owner.number, *narrowed],
            (low, high, limit),
        )

    def _sensor_by_sensor(
        self, chosen: Chosen, low: int, high: int, limit: int
    ) -> list[Publication]:
        found: list[Publication] = []
        for sensor in chosen.sensors:
            where = f"WHERE sensor = ? AND series {_LISTED}"
            found += self._rows(where, [sensor, _numbers(chosen)], (low, high, limit))
            found.sort(key=joined.sequence_of, reverse=self.newest_first)
            del found[limit:]
        return found

    def _rows(
        self, where: str, parameters: Parameters, bounds: tuple[int, int, int]
    ) -> list[Publication]:
        low, high, limit = bounds
        timed = "" if self.period is None else "AND time_ms >= ? AND time_ms < ?"
        times = [] if self.period is None else [self.period.start_ms, self.period.end_ms]
        rows = self.session.db.execute(
            f"SELECT {_COLUMNS} FROM measurements {where}"  # noqa: S608  (built of placeholders)
            f" AND sequence > ? AND sequence <= ? {timed}"
            f" ORDER BY sequence {'DESC' if self.newest_first else ''} LIMIT ?",
            [*parameters, low, high, *times, limit],
        )
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
    rows = session.db.execute(
        f"SELECT {joined.NOTICED} FROM notices"  # noqa: S608  (built of placeholders)
        f" WHERE tenant = ? AND sequence > ? AND {condition}"
        f" ORDER BY sequence {'DESC' if newest_first else ''} LIMIT ?",
        [owner.number, sequence, *parameters, limit],
    )
    return joined.notices(owner.name, owner.epoch, rows)


def _numbers(chosen: Chosen) -> str:
    return json.dumps(sorted(chosen.series))
