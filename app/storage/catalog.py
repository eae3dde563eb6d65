"""The series of all tenants, as the rows name them: numbers instead of texts.

A series is a sensor at a place. A sensor that was moved has several, and one number all the same,
since (sensor, time) is what makes a measurement one. Series are never changed nor removed, so what
was read once stays true.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from app.model import RoutingKey, Topic
from app.protocol.topics import Selection
from app.storage.base import Period

SELECTIONS_REMEMBERED = 256

SeriesRow = tuple[int, int, int, str, str, str]
"""Number, tenant's number, sensor's number, sensor, site, room."""


@dataclass(frozen=True, slots=True)
class Series:
    number: int
    sensor: int
    key: RoutingKey


@dataclass(frozen=True, slots=True)
class Chosen:
    """The series that a reader may see and wants to."""

    series: frozenset[int]
    sensors: tuple[int, ...]
    everything: bool
    """All of the tenant's: nothing has to be looked at."""


class Catalog:
    def __init__(self) -> None:
        self.newest = 0
        """The highest number it knows; `add` takes those after it."""
        self.keys: dict[int, RoutingKey] = {}
        self._by_tenant: dict[int, list[Series]] = {}
        self._chosen: OrderedDict[object, Chosen] = OrderedDict()

    def add(self, rows: Iterable[SeriesRow]) -> None:
        """In the order of their numbers."""
        for number, tenant, sensor, sensor_id, enseigne, salle in rows:
            key = RoutingKey(Topic.MEASUREMENTS, enseigne, salle, sensor_id)
            self.keys[number] = key
            self._by_tenant.setdefault(tenant, []).append(Series(number, sensor, key))
            self.newest = number
            self._chosen.clear()

    def choose(self, tenant: int, selection: Selection, period: Period | None = None) -> Chosen:
        place = (period.enseigne, period.salle, period.sensor_id) if period else None
        asked = (tenant, selection, place)
        chosen = self._chosen.get(asked)
        if chosen is None:
            chosen = self._chosen[asked] = self._choose(tenant, selection, period)
            if len(self._chosen) > SELECTIONS_REMEMBERED:
                self._chosen.popitem(last=False)
        return chosen

    def _choose(self, tenant: int, selection: Selection, period: Period | None) -> Chosen:
        known = self._by_tenant.get(tenant, [])
        wanted = [
            each
            for each in known
            if selection.matches(each.key) and (period is None or _within(period, each.key))
        ]
        return Chosen(
            series=frozenset(each.number for each in wanted),
            sensors=tuple(sorted({each.sensor for each in wanted})),
            everything=len(wanted) == len(known),
        )


def _within(period: Period, key: RoutingKey) -> bool:
    return (
        period.enseigne in (None, key.enseigne)
        and period.salle in (None, key.salle)
        and period.sensor_id in (None, key.sensor_id)
    )
