"""The documented message of a measurement, field for field, from what is kept of it."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from app.iaq.quantities import QUANTITIES
from app.iaq.score import global_level
from app.model import RoutingKey, wire_time

_ORDER = {quantity.name: place for place, quantity in enumerate(QUANTITIES)}
_encode = msgspec.json.Encoder().encode


def in_order(values: Mapping[str, float]) -> dict[str, int | float]:
    """The known quantities as documented, then the others by name; whole numbers as such.

    The one way values are written: a store need not remember another (645 and 645.0 are the same).
    """
    names = sorted(values, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
    return {name: _shortest(values[name]) for name in names}


def measurement_message(
    key: RoutingKey, values: Mapping[str, float], time_ms: int, score: int | None
) -> dict[str, object]:
    """`values` as `in_order` gives them."""
    return {
        "type": "measurement",
        "timestamp": wire_time(time_ms),
        "sensor_id": key.sensor_id,
        "enseigne": key.enseigne,
        "salle": key.salle,
        "values": values,
        **{name.lower(): value for name, value in values.items()},
        "global_score": score,
        "global_level": None if score is None else global_level(score),
    }


def measurement_head(
    key: RoutingKey, values: Mapping[str, float], times_ms: tuple[int, int], score: int | None
) -> bytes:
    """`measurement_message` up to its position, from the times of measurement and arrival.

    Written piece by piece, in a third of the time: a replay of thousands waits for it.
    """
    time_ms, received_ms = times_ms
    flat = _encode({name.lower(): value for name, value in values.items()})[1:-1]
    return b'{"type":"measurement","timestamp":"%b",%b,"values":%b,%b,%b,"received_at":"%b"' % (
        wire_time(time_ms).encode(),
        _place(key),
        _encode(values),
        flat,
        _scored(score),
        wire_time(received_ms).encode(),
    )


@lru_cache(maxsize=4_096)
def _place(key: RoutingKey) -> bytes:
    named = {"sensor_id": key.sensor_id, "enseigne": key.enseigne, "salle": key.salle}
    return _encode(named)[1:-1]


@lru_cache(maxsize=102)
def _scored(score: int | None) -> bytes:
    level = None if score is None else global_level(score)
    return _encode({"global_score": score, "global_level": level})[1:-1]


def _shortest(value: float) -> int | float:
    return int(value) if value == int(value) else value
