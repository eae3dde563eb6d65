"""How often a sensor speaks, learned from when it was heard."""

from statistics import median

from app.storage.base import DAY_MS

LEAST_GAP_MS = 1_000
"""What comes quicker is one batch."""
GAPS = 5
"""The median of so many tells the interval: one outage or one retry changes nothing."""
LEARNED_FROM = 3
"""Gaps; of fewer nothing is known."""


class Pace:
    """`interval_ms` is what is known of it from before, 0 for nothing."""

    __slots__ = ("_gaps", "_known_ms", "heard_ms")

    def __init__(self, heard_ms: int, interval_ms: int = 0) -> None:
        self.heard_ms = heard_ms
        self._known_ms = interval_ms
        self._gaps: tuple[int, ...] = ()

    def hear(self, now_ms: int) -> None:
        gap = now_ms - self.heard_ms
        if gap >= LEAST_GAP_MS:
            self._gaps = (*self._gaps[1 - GAPS :], min(gap, DAY_MS))
        self.heard_ms = now_ms

    @property
    def interval_ms(self) -> int:
        """0 while nothing is known."""
        if len(self._gaps) < LEARNED_FROM:
            return self._known_ms
        return round(median(self._gaps))
