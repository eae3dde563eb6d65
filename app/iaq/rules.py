"""When people are to be told of a room's air: past which threshold, for how long, how urgently.

The defaults are for a tenant that has said nothing; their thresholds are those of the score.
"""

from datetime import UTC, datetime, time
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, Struct

from app.iaq.quantities import CO2, HUMIDITY, PM25, TEMPERATURE, TVOC

LONGEST = 86_400
"""Seconds that a rule may wait."""

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Hours and minutes, `22:30`."""


class Side(StrEnum):
    ABOVE = "above"
    BELOW = "below"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The higher, the more urgent."""
        return list(Severity).index(self)


class QuietHours(Struct, frozen=True, forbid_unknown_fields=True):
    """Every day from `begin` to `end`, over midnight where that is earlier, by the zone's clock."""

    begin: Clock
    end: Clock
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Raise ValueError for a zone that the tz database does not know."""
        if self.zone not in available_timezones():
            raise ValueError("zone: none of the tz database")

    def cover(self, time_ms: int) -> bool:
        now = datetime.fromtimestamp(time_ms / 1_000, UTC).astimezone(ZoneInfo(self.zone)).time()
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        return begin <= now < end if begin <= end else now >= begin or now < end


class Rule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """For one quantity at a place: a site, one of its rooms, or everywhere."""

    id: Name
    quantity: Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
    side: Side
    threshold: Annotated[float, Meta(ge=-1e9, le=1e9)]
    """In the quantity's unit. A value on it is not past it."""
    severity: Severity
    duration: Annotated[int, Meta(ge=0, le=LONGEST)] = 0
    """Seconds that the values must be past it, without one that is not."""
    hysteresis: Annotated[float, Meta(ge=0, le=1e9)] = 0
    """How far back a value must be, before it is over."""
    enseigne: Name | None = None
    salle: Name | None = None
    quiet: QuietHours | None = None
    """Then nothing new is told; what is over still is."""

    def __post_init__(self) -> None:
        """Raise ValueError for a room without its site."""
        if self.salle is not None and self.enseigne is None:
            raise ValueError("salle: needs its enseigne")

    def concerns(self, enseigne: str, salle: str) -> bool:
        return self.enseigne in (None, enseigne) and self.salle in (None, salle)

    def past(self, value: float) -> bool:
        return value > self.threshold if self.side is Side.ABOVE else value < self.threshold

    def over(self, value: float) -> bool:
        """Whether what it told of has ended."""
        if self.side is Side.ABOVE:
            return value <= self.threshold - self.hysteresis
        return value >= self.threshold + self.hysteresis


_SOON, _LATER = 300, 1_800
"""Seconds: a window that was opened helps before; what nobody changes at once may wait."""

DEFAULT_RULES: tuple[Rule, ...] = (
    # HCSP 2022: 800 is good ventilation, from 1500 on to act at once. EN 16798-1: 1200.
    Rule("co2-high", CO2.name, Side.ABOVE, 1_200, Severity.WARNING, _SOON, 50),
    Rule("co2-very-high", CO2.name, Side.ABOVE, 1_500, Severity.CRITICAL, _SOON, 50),
    # WHO 2021: interim targets 4 and 1 of a day's mean.
    Rule("pm25-high", PM25.name, Side.ABOVE, 25, Severity.WARNING, _LATER, 3),
    Rule("pm25-very-high", PM25.name, Side.ABOVE, 75, Severity.CRITICAL, _SOON, 5),
    # German UBA 2007: the ends of levels 3 and 4.
    Rule("tvoc-high", TVOC.name, Side.ABOVE, 3, Severity.WARNING, _LATER, 0.3),
    Rule("tvoc-very-high", TVOC.name, Side.ABOVE, 10, Severity.CRITICAL, _SOON, 1),
    # EN 16798-1, annex B: the ends of category IV in winter and of III in summer; EN ISO 13788.
    Rule("cold", TEMPERATURE.name, Side.BELOW, 17, Severity.INFO, _LATER, 0.5),
    Rule("hot", TEMPERATURE.name, Side.ABOVE, 28, Severity.WARNING, _LATER, 0.5),
    Rule("dry", HUMIDITY.name, Side.BELOW, 20, Severity.INFO, _LATER, 2),
    Rule("humid", HUMIDITY.name, Side.ABOVE, 80, Severity.WARNING, _LATER, 2),
)
