"""Values that every floor shares: a publication, its position, and how times are written."""

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
class Position:
    """A place in a tenant's order, opaque to clients.

    The epoch is random per tenant and store: a position of another tenant, or of a store that was
    replaced, is recognised as foreign instead of pointing at the wrong message.
    """

    epoch: str
    sequence: int
    """From 1, without holes; 0 is before the first publication."""

    def __str__(self) -> str:
        return f"{self.epoch}-{self.sequence:x}"

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """None for what no gateway ever gave out."""
        epoch, dash, sequence = text.partition("-")
        if not (dash and epoch and len(sequence) <= 15 and set(sequence) <= _HEX and sequence):  # noqa: PLR2004  (a sequence fits 60 bits)
            return None
        return cls(epoch, int(sequence, 16))


@dataclass(frozen=True, slots=True)
class Publication:
    """One message of one tenant, kept and numbered. `text` is its JSON as it stands on the wire."""

    tenant: str
    position: Position
    key: RoutingKey
    text: bytes


_HEX = frozenset("0123456789abcdef")


def wire_time(milliseconds: int) -> str:
    """RFC 3339 in UTC with `Z`; a fraction only where there is one (`2025-11-19T10:05:00Z`)."""
    seconds, fraction = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, UTC).isoformat()[:19]
    return f"{text}.{fraction:03d}Z" if fraction else f"{text}Z"
