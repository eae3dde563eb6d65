"""What a device measures with: each measurement is numbered, each receipt noted in the ledger."""

import time
from dataclasses import dataclass, field
from typing import Any

from iaqverse.wire import Body, Place, measurement

from tests.chaos.ledger import Ledger, Numbered


@dataclass(slots=True)
class Sensors:
    ledger: Ledger
    places: list[Place]
    late: float = 0.0
    """Seconds from a measurement's time until it is sent."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _last_ms: int = 0
    _turn: int = 0

    def measure(self) -> Body:
        """The next sensor's turn."""
        place = self.places[self._turn % len(self.places)]
        self._turn += 1
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        number = self._numbers[place.sensor_id] = self._numbers.get(place.sensor_id, 0) + 1
        self.ledger.sent.add(Numbered(place.sensor_id, number))
        return measurement(place, self._last_ms / 1000 - self.late, {"CO2": number})

    def take(self, item: Body, receipt: dict[str, Any]) -> None:
        one = Numbered(item["sensor_id"], item["values"]["CO2"])
        if receipt["status"] in ("stored", "duplicate"):
            self.ledger.acknowledge(one, receipt)
        else:
            self.ledger.faults.append(f"{tuple(one)} was refused: {receipt}")
