"""A device: measures at any time, and its measurements get there once."""

import time
from collections.abc import Mapping
from pathlib import Path

from iaqverse.link import GetToken
from iaqverse.outbox import MOST_MEASUREMENTS, Readings, Refused, Tally
from iaqverse.sender import Sender
from iaqverse.wire import Place, measurement


class Device(Sender):
    """`token` is a device's. `refused` is told of each measurement that is never taken, and why.

    Of more than `bound` that wait, the oldest goes; `tally.dropped` counts them.
    """

    def __init__(
        self,
        url: str,
        token: str | GetToken,
        *,
        ca: Path | None = None,
        bound: int = MOST_MEASUREMENTS,
        refused: Refused = lambda *_: None,
    ) -> None:
        self.tally = Tally()
        self._readings = Readings(self.tally, bound, refused)
        super().__init__(url, token, ca, self._readings)

    def measure(
        self,
        sensor_id: str,
        enseigne: str,
        salle: str,
        values: Mapping[str, float],
        at: float | None = None,
    ) -> None:
        """Take it on; returns at once. `at` is in seconds since the epoch, by default now."""
        place = Place(enseigne, salle, sensor_id)
        self._readings.put(measurement(place, time.time() if at is None else at, values))
        self._wake()
