"""Values that every floor shares: a publication, its position, and how times are written.

Those made for each measurement, here and in what it passes on its way, are msgspec's structs: made
in a tenth of the time of a frozen dataclass. No circle can go through one (`gc=False`): thousands
wait for a commit, and looking through them for garbage took a quarter of ingest's CPU.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

import msgspec

BACKLOG_MS = 300_000
"""A measurement that arrives later than this after its time is backlog: part of the history, never
shown as if it were now. It follows from the two times alone, so that no store has to keep it."""

_POSITION = re.compile(r"\A([0-9a-f]{12})-(0|[1-9a-f][0-9a-f]{0,14})\Z")


class Topic(StrEnum):
    """What a publication is about. `all` is no topic of a publication: it is a way to subscribe."""

    MEASUREMENTS = "measurements"
    PREDICTIONS = "predictions"
    ACTIONS = "actions"
    ALERTS = "alerts"
    MODULES = "modules"


class RoutingKey(msgspec.Struct, frozen=True, gc=False):
    """What a publication is about, by which subscriptions choose. None: of no particular one."""

    topic: Topic
    enseigne: str | None = None
    salle: str | None = None
    sensor_id: str | None = None


class Position(msgspec.Struct, frozen=True, gc=False):
    """A place in a tenant's order, opaque to clients.

    The epoch is random per tenant and store: a position of another tenant, or of a store that was
    replaced, is recognised as foreign instead of pointing at the wrong message.
    """

    epoch: str
    sequence: int
    """From 1, without holes; 0 is before the first publication."""

    def __str__(self) -> str:
        return f"{self.epoch}-{self.sequence:x}"

    def reaches(self, earlier: "Position") -> bool:
        """Whether this one, the newest, says that the other was given out in the same order."""
        return earlier.epoch == self.epoch and earlier.sequence <= self.sequence

    @classmethod
    def parse(cls, text: str) -> "Position | None":
        """None for what no gateway ever gave out."""
        given = _POSITION.match(text)
        return None if given is None else cls(given[1], int(given[2], 16))


class Publication(msgspec.Struct, frozen=True, gc=False):
    """One message of one tenant, kept and numbered. `text` is its JSON as it stands on the wire."""

    tenant: str
    position: Position
    key: RoutingKey
    text: bytes
    backlog: bool = False
    trace: str = ""
    """The context that it was kept in, where that is traced (`app.traces`)."""


def is_backlog(time_ms: int, received_ms: int) -> bool:
    return received_ms - time_ms > BACKLOG_MS


def wire_time(milliseconds: int) -> str:
    """RFC 3339 in UTC with `Z`; a fraction only where there is one (`2025-11-19T10:05:00Z`)."""
    minutes, rest = divmod(milliseconds, 60_000)
    seconds, fraction = divmod(rest, 1_000)
    if fraction:
        return "%s:%02d.%03dZ" % (_minute(minutes), seconds, fraction)  # noqa: UP031  (a third quicker)
    return "%s:%02dZ" % (_minute(minutes), seconds)  # noqa: UP031  (as above)


@lru_cache(maxsize=1_024)
def _minute(minutes: int) -> str:
    """Messages of one time come together, and writing a date costs ten times the rest."""
    return datetime.fromtimestamp(minutes * 60, UTC).isoformat()[:16]
