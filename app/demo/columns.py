"""Which column of a recording is which quantity, and in what unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.iaq.quantities import CO2, HUMIDITY, QUANTITIES, TEMPERATURE, canonical

TIMESTAMP = "timestamp"
"""What the column of times is called in a map."""

_TIME_HEADERS = ("timestamp", "time", "date", "datetime", "date_time")
_RECORDED = {
    "co2__ppm": (CO2.name, 1.0),
    "temp_in__degc": (TEMPERATURE.name, 1.0),
    "rel_humidity__0": (HUMIDITY.name, 100.0),
}
"""Headers of the twomes recordings; `__0` is their mark of a plain ratio, hence the 100."""
_KNOWN = {quantity.name for quantity in QUANTITIES}


class RecordingError(ValueError):
    """A file that cannot be replayed, or a map that does not fit it."""


@dataclass(frozen=True, slots=True)
class Column:
    quantity: str
    """Its name on the wire."""
    index: int
    factor: float
    """From the recording's unit to the gateway's."""


@dataclass(frozen=True, slots=True)
class Columns:
    time: int
    values: tuple[Column, ...]


def find_columns(header: Sequence[str], wanted: str | None = None) -> Columns:
    """By name, or by a map like `CO2=co2__ppm,Humidity=rh*100,timestamp=when`.

    A map replaces what the names say; `*100` turns a recorded fraction into percent. Raises
    RecordingError when a column is missing or named twice, or when nothing is left to send.
    """
    names = [name.strip().lower() for name in header]
    chosen = _parse(wanted) if wanted else _by_name(header)
    time = chosen.pop(TIMESTAMP, None)
    values = tuple(
        Column(quantity, _index(names, name), factor) for quantity, (name, factor) in chosen.items()
    )
    if not values:
        raise RecordingError("no column is known by its name: say which with --map")
    return Columns(_time_index(names) if time is None else _index(names, time[0]), values)


def _by_name(header: Sequence[str]) -> dict[str, tuple[str, float]]:
    found: dict[str, tuple[str, float]] = {}
    for name in (name.strip() for name in header):
        quantity, factor = _known(name)
        if quantity in _KNOWN:
            if quantity in found:
                raise RecordingError(f"two columns are {quantity}: say which with --map")
            found[quantity] = (name, factor)
    return found


def _known(name: str) -> tuple[str, float]:
    return _RECORDED.get(name.lower(), (canonical(name), 1.0))


def _parse(wanted: str) -> dict[str, tuple[str, float]]:
    chosen: dict[str, tuple[str, float]] = {}
    for part in wanted.split(","):
        left, equals, right = (piece.strip() for piece in part.partition("="))
        name, star, times = (piece.strip() for piece in right.partition("*"))
        if not (left and equals and name):
            raise RecordingError("a map is written like CO2=co2__ppm,Temperature=temp_in__degC")
        quantity = TIMESTAMP if left.lower() == TIMESTAMP else canonical(left)
        if quantity in chosen:
            raise RecordingError(f"the map names {quantity} twice")
        chosen[quantity] = (name, _factor(times) if star else _known(name)[1])
    return chosen


def _factor(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise RecordingError("a factor is a number, like rh*100") from error


def _time_index(names: Sequence[str]) -> int:
    for name in _TIME_HEADERS:
        if name in names:
            return names.index(name)
    raise RecordingError("no column of times: say which with --map timestamp=NAME")


def _index(names: Sequence[str], name: str) -> int:
    if names.count(name.lower()) != 1:
        raise RecordingError(f"the file has no single column {name}")
    return names.index(name.lower())
