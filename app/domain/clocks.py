"""Device clocks against the gateway's, told by what requests state."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from app.model import is_backlog

TOLERANCE_MS = 5_000
"""An offset within it is not worth a word: `Date` has whole seconds, and the way takes its time."""
JUMP_MS = 60_000
"""By more than this a sensor's offset changes in a jump."""


class ClockOffset(msgspec.Struct, frozen=True):
    """How far a device's clock is ahead of the gateway's; negative where it is behind."""

    offset_ms: int
    by: Literal["date", "timestamp"]
    """What it was told by. With a timestamp, what was held up looks like a clock that is behind."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a request came, by the gateway's clock and by the device's, where it states that."""

    received_ms: int
    date_ms: int | None = None

    def offset_ms(self, time_ms: int) -> int | None:
        """Of the clock that stamped a measurement; None for a backlog, whose age is unknown."""
        if self.date_ms is not None:
            return self.date_ms - self.received_ms
        return None if is_backlog(time_ms, self.received_ms) else time_ms - self.received_ms

    def told(self, offset_ms: int | None) -> ClockOffset | None:
        """What is worth telling of an offset by a timestamp; where there is a `Date`, by that."""
        if self.date_ms is not None:
            offset_ms = self.date_ms - self.received_ms
        if offset_ms is None or abs(offset_ms) <= TOLERANCE_MS:
            return None
        return ClockOffset(offset_ms, "timestamp" if self.date_ms is None else "date")


def parse_date(text: str | None) -> int | None:
    """A `Date` header (RFC 9110 §6.6.1) in milliseconds; None for what is none."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


class Jumps:
    """The last offset of each sensor. At `capacity` the one not heard of for longest is forgotten:
    then its next offset is its first, and no jump.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._last_ms: OrderedDict[tuple[str, str], int] = OrderedDict()
        self.count = 0

    def by(self, tenant: str, sensor_id: str, offset_ms: int) -> int:
        """How far (ms) the offset jumped since the sensor's last one; 0 where it did not."""
        sensor = (tenant, sensor_id)
        change_ms = offset_ms - self._last_ms.get(sensor, offset_ms)
        self._last_ms[sensor] = offset_ms
        self._last_ms.move_to_end(sensor)
        if len(self._last_ms) > self._capacity:
            self._last_ms.popitem(last=False)
        if abs(change_ms) <= JUMP_MS:
            return 0
        self.count += 1
        return change_ms
