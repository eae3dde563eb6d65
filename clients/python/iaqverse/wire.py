"""The bodies that a client sends, as documented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a service publishes, beside measurements."""

    topic: str
    body: Body


@dataclass(frozen=True, slots=True)
class Place:
    enseigne: str
    salle: str
    sensor_id: str


def timestamp(at: float) -> str:
    """RFC 3339 in UTC, to the millisecond where there is a fraction."""
    moment = datetime.fromtimestamp(round(at, 3), UTC)
    fine = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=fine).removesuffix("+00:00") + "Z"


def measurement(place: Place, at: float, values: Mapping[str, float]) -> Body:
    return {
        "sensor_id": place.sensor_id,
        "enseigne": place.enseigne,
        "salle": place.salle,
        "timestamp": timestamp(at),
        "values": dict(values),
    }
