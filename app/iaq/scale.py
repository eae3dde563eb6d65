"""Piecewise-linear scales: what a score is made of, free of any particular threshold."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

_FEWEST_POINTS = 2


@dataclass(frozen=True, slots=True)
class Point:
    at: float
    """In the quantity's unit."""
    score: float
    """0 (worst) to 100 (best)."""
    source: str
    """Where the threshold is published."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One quantity's sub-score: linear between its points, constant outside them."""

    points: tuple[Point, ...]
    weight: float
    """Share of the whole; only its ratio to the other weights that are measured counts."""
    _starts: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _lines: tuple[tuple[float, float, float], ...] = field(init=False, repr=False, compare=False)
    """Before the first point, after each: from where, the score there, by how much it changes."""

    def __post_init__(self) -> None:
        """Raise ValueError unless points rise, scores are within 0 to 100, the weight positive."""
        if len(self.points) < _FEWEST_POINTS or self.weight <= 0:
            raise ValueError("a scale needs two points and a positive weight")
        if any(a.at >= b.at for a, b in pairwise(self.points)):
            raise ValueError("the points of a scale rise strictly")
        if any(not 0 <= point.score <= 100 for point in self.points):  # noqa: PLR2004  (the scale's ends)
            raise ValueError("a score is between 0 and 100")
        slopes = ((b.score - a.score) / (b.at - a.at) for a, b in pairwise(self.points))
        between = ((a.at, a.score, slope) for a, slope in zip(self.points, slopes, strict=False))
        first, last = self.points[0], self.points[-1]
        lines = ((first.at, first.score, 0.0), *between, (last.at, last.score, 0.0))
        object.__setattr__(self, "_starts", tuple(point.at for point in self.points))
        object.__setattr__(self, "_lines", lines)

    def score(self, value: float) -> float:
        """0 to 100. `value` is finite: a gateway refuses others before they get here."""
        at, score, slope = self._lines[bisect_right(self._starts, value)]
        return score + slope * (value - at)


@dataclass(frozen=True, slots=True)
class Profile:
    """A named way to score. A change of any figure is a new version: old scores stay explicable."""

    name: str
    version: int
    scales: Mapping[str, Scale]
    """By canonical quantity name."""

    def __post_init__(self) -> None:
        if not self.scales:
            raise ValueError("a profile scores one quantity at least")
        object.__setattr__(self, "scales", MappingProxyType(dict(self.scales)))
