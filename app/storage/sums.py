"""Counts and totals per step and series, from several sources added up: means come of them."""

from collections.abc import Iterable, Mapping, Sequence

from app.model import RoutingKey
from app.storage.base import Bucket
from app.storage.columns import COLUMNS, named_means

_WIDTH = len(COLUMNS)

Place = tuple[int, int]
"""Beginning of the step, number of the series."""


class Sums:
    def __init__(self) -> None:
        self.known: dict[Place, Sequence[float]] = {}
        self.more: dict[Place, dict[str, tuple[int, float]]] = {}

    def add(self, rows: Iterable[Sequence[float]]) -> None:
        """Rows of series, beginning, a count of each known quantity, a total of each."""
        for series, start_ms, *sums in rows:
            self._add((int(start_ms), int(series)), sums)

    def add_more(self, rows: Iterable[tuple[int, int, str, int, float]]) -> None:
        """Rows of series, beginning, another quantity, its count, its total."""
        for series, start_ms, name, count, total in rows:
            self._add_more((start_ms, series), name, count, total)

    def take(self, other: "Sums", start_ms: int, end_ms: int) -> None:
        """What the other has from one time to another (excluded)."""
        for place, sums in other.known.items():
            if start_ms <= place[0] < end_ms:
                self._add(place, sums)
                for name, (count, total) in other.more.get(place, {}).items():
                    self._add_more(place, name, count, total)

    def newest(self, start_ms: int, end_ms: int) -> int | None:
        """The newest beginning from one time to another (excluded)."""
        return max((start for start, _ in self.known if start_ms <= start < end_ms), default=None)

    def buckets(self, keys: Mapping[int, RoutingKey]) -> list[Bucket]:
        return [
            Bucket(place[0], keys[place[1]], self._means(place, sums))
            for place, sums in self.known.items()
        ]

    def _means(self, place: Place, sums: Sequence[float]) -> dict[str, float]:
        means = named_means(sums[_WIDTH:], sums[:_WIDTH])
        for name, (count, total) in sorted(self.more.get(place, {}).items()):
            means[name] = total / count
        return means

    def _add(self, place: Place, sums: Sequence[float]) -> None:
        known = self.known.get(place)
        if known is not None:
            sums = [one + other for one, other in zip(known, sums, strict=True)]
        self.known[place] = sums

    def _add_more(self, place: Place, name: str, count: int, total: float) -> None:
        quantities = self.more.setdefault(place, {})
        counted, added = quantities.get(name, (0, 0.0))
        quantities[name] = (counted + count, added + total)
