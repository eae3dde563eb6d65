"""How long something took, counted by bounds: a histogram of 0.3 µs a note."""

from bisect import bisect_left
from itertools import accumulate
from time import perf_counter

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, each counted with what took less."""


class Histogram:
    """For one thread that notes; another may read."""

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        """Seconds, of all together."""

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def observe_since(self, began: float) -> None:
        """`began` is by `time.perf_counter`."""
        self.observe(perf_counter() - began)

    def cumulative(self) -> list[int]:
        """How many took at most as long as each of `BOUNDS`, and last how many there were."""
        return list(accumulate(self._counts))
