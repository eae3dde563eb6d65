"""When a sensor has been silent for too long, by its own pace."""

from dataclasses import dataclass

from app.domain.pace import Pace
from app.model import RoutingKey
from app.storage.records.sensors import State

ASSUMED_INTERVAL_MS = 300_000
"""Of a sensor whose pace is not known yet: patience, not a false alarm."""
STALE_AFTER, STALE_LEAST_MS = 3, 60_000
"""Intervals of silence, and the least of it."""
OFFLINE_AFTER, OFFLINE_LEAST_MS = 10, 300_000


@dataclass(slots=True)
class Watched:
    key: RoutingKey
    pace: Pace
    state: State | None = None
    """As it was told; None: not noted yet."""
    noted_ms: int = 0
    """The interval that the store has."""
    told_ms: int = 0
    """The interval that its device is registered with; 0: none."""

    @property
    def interval_ms(self) -> int:
        """0: neither told nor learned."""
        return self.told_ms or self.pace.interval_ms

    def due_ms(self) -> int:
        """When silence would change its state, or its next one."""
        interval = self.interval_ms or ASSUMED_INTERVAL_MS
        if self.state is State.STALE:
            return self.pace.heard_ms + max(OFFLINE_AFTER * interval, OFFLINE_LEAST_MS)
        return self.pace.heard_ms + max(STALE_AFTER * interval, STALE_LEAST_MS)

    def pace_is_news(self) -> bool:
        """Noted anew when it is twice or half of what the store has."""
        interval = self.pace.interval_ms
        return not self.noted_ms <= 2 * interval <= 4 * self.noted_ms
