"""How a reading stands in a row: a column for each known quantity, JSON for whatever else it has.

A row is a seventh of its message (90 bytes instead of 520 in SQLite, indices included), so a store
keeps no text of measurements: `app.iaq.message` writes it again, byte for byte.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from app.iaq.message import measurement_head
from app.iaq.quantities import QUANTITIES
from app.model import Position, Publication, RoutingKey, is_backlog
from app.storage.base import Draft, Reading

COLUMNS = tuple(quantity.flat for quantity in QUANTITIES)
"""Named after the flat members of the message."""
READING = ("score", *COLUMNS, "more")
"""The columns of a reading, in the order of `to_row` and `from_row`."""
PLACED = ("sequence", "series", "time_ms", "lag_ms", *READING)
"""The columns of a measurement, but for whose it is."""

_NAMES = tuple(quantity.name for quantity in QUANTITIES)
_KNOWN = frozenset(_NAMES)
_encode = msgspec.json.Encoder().encode
_MORE = msgspec.json.Decoder(dict[str, int | float])

Row = tuple[object, ...]


def to_row(reading: Reading) -> Row:
    values = reading.values
    columns = [values.get(name) for name in _NAMES]
    if len(values) + columns.count(None) == len(columns):
        return (reading.score, *columns, None)
    more = {name: value for name, value in values.items() if name not in _KNOWN}
    return (reading.score, *columns, _encode(more).decode())


def from_row(row: Sequence[object]) -> Reading:
    score, *columns, more = row
    values: dict[str, int | float] = {
        name: int(value) if value.is_integer() else value
        for name, value in zip(_NAMES, columns, strict=True)
        if isinstance(value, float)
    }
    if isinstance(more, str):
        values |= _MORE.decode(more)
    return Reading(values, score if isinstance(score, int) else None)


def measurements(
    tenant: str, epoch: str, keys: Mapping[int, RoutingKey], rows: Iterable[Sequence[Any]]
) -> list[Publication]:
    """The publications that rows of `PLACED` were made of; `keys` by the number of the series."""
    found: list[Publication] = []
    for sequence, series, time_ms, lag_ms, *row in rows:
        key, times_ms, reading = keys[series], (time_ms, time_ms + lag_ms), from_row(row)
        head = measurement_head(key, reading.values, times_ms, reading.score)
        position, backlog = Position(epoch, sequence), is_backlog(*times_ms)
        found.append(published(tenant, position, key, head, backlog=backlog))
    return found


def published(
    tenant: str,
    position: Position,
    key: RoutingKey,
    head: bytes,
    *,
    backlog: bool = False,
    trace: str = "",
) -> Publication:
    text = b'%b,"position":"%b"}' % (head, str(position).encode())
    return Publication(tenant, position, key, text, backlog, trace)


def reading_of(draft: Draft) -> Reading:
    """Raise ValueError for a draft that is no measurement's."""
    if draft.reading is None or draft.key.sensor_id is None:
        raise ValueError("a measurement has a reading and a sensor")
    return draft.reading


def named_means(totals: Sequence[float], counts: Sequence[float]) -> dict[str, float]:
    """Means by name, of what was measured at all; both in the order of `COLUMNS`."""
    return {
        name: total / count
        for name, total, count in zip(_NAMES, totals, counts, strict=True)
        if count
    }
