"""Values that every floor shares: a publication and how times are written on the wire."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Topic(StrEnum):
    """What a publication is about. `all` is no topic of a publication: it is a way to subscribe."""

    MEASUREMENTS = "measurements"
    PREDICTIONS = "predictions"
    ACTIONS = "actions"
    ALERTS = "alerts"
    MODULES = "modules"


@dataclass(frozen=True, slots=True)
class RoutingKey:
    """What a publication is about, by which subscriptions choose. None: of no particular one."""

    topic: Topic
    enseigne: str | None = None
    salle: str | None = None
    sensor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """One message of one tenant, kept and numbered. `text` is its JSON as it stands on the wire."""

    tenant: str
    sequence: int
    """Place in the tenant's order, from 1, without holes as far as it was kept."""
    key: RoutingKey
    text: bytes


def wire_time(milliseconds: int) -> str:
    """RFC 3339 in UTC with `Z`; a fraction only where there is one (`2025-11-19T10:05:00Z`)."""
    seconds, fraction = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:03d}Z" if fraction else f"{text}Z"
