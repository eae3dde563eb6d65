"""The documented message of a measurement, field for field, from what is kept of it."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from app.iaq.quantities import QUANTITIES
from app.iaq.score import global_level
from app.model import RoutingKey, is_backlog, wire_time

_ORDER = {quantity.name: place for place, quantity in enumerate(QUANTITIES)}
_encode = msgspec.json.Encoder().encode


def in_order(values: Mapping[str, float]) -> dict[str, int | float]:
    """The known quantities as documented, then the others by name; whole numbers as such.

    The one way values are written: a store need not remember another (645 and 645.0 are the same).
    """
    ordered: dict[str, int | float] = {}
    for name in _ordered(tuple(values)):
        value = values[name]
        ordered[name] = int(value) if value == int(value) else value
    return ordered


def measurement_message(
    key: RoutingKey, values: Mapping[str, float], time_ms: int, score: int | None
) -> dict[str, object]:
    """`values` as `in_order` gives them."""
    return {
        "type": "measurement",
        "timestamp": wire_time(time_ms),
        **_place(key),
        "values": values,
        **{name.lower(): value for name, value in values.items()},
        **_scored(score),
    }


def measurement_head(
    key: RoutingKey, values: Mapping[str, float], times_ms: tuple[int, int], score: int | None
) -> bytes:
    """The message's JSON up to its position, from the times of measurement and arrival.

    What `measurement_message` gives, encoded, in a third of the time: every measurement that comes
    in or is replayed waits for this. The flat members are the text of `values` in lower case, since
    names of quantities are ASCII and numbers have no letter but an `e`.
    """
    time_ms, received_ms = times_ms
    written = _encode(values)
    return b'{"type":"measurement","timestamp":"%b",%b,"values":%b,%b,%b%b,"received_at":"%b"' % (
        wire_time(time_ms).encode(),
        _place_text(key),
        written,
        written[1:-1].lower(),
        _scored_text(score),
        b',"backlog":true' if is_backlog(time_ms, received_ms) else b"",
        wire_time(received_ms).encode(),
    )


@lru_cache(maxsize=1_024)
def _ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    """A device sends the same names each time."""
    return tuple(sorted(names, key=lambda name: (_ORDER.get(name, len(_ORDER)), name)))


def _place(key: RoutingKey) -> dict[str, object]:
    return {"sensor_id": key.sensor_id, "enseigne": key.enseigne, "salle": key.salle}


def _scored(score: int | None) -> dict[str, object]:
    level = None if score is None else global_level(score)
    return {"global_score": score, "global_level": level}


@lru_cache(maxsize=4_096)
def _place_text(key: RoutingKey) -> bytes:
    return _encode(_place(key))[1:-1]


@lru_cache(maxsize=102)
def _scored_text(score: int | None) -> bytes:
    return _encode(_scored(score))[1:-1]
