"""What the year is made of, in every store."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from app.storage.base import DAY_MS, MINUTE_MS, Store

TENANT, EPOCH = "acme", "d90a85983c81"
SENSORS, ROOMS, SITES = 50, 25, 5
DAYS = 365
START_MS = 1_735_689_600_000
"""2025-01-01T00:00:00Z."""
END_MS = START_MS + DAYS * DAY_MS
PER_DAY = SENSORS * DAY_MS // MINUTE_MS
PARTS_AT_ONCE = 200
"""Parts of the means in one commit."""

SELDOM, SELDOM_ROWS = "seldom", 10
"""A sensor that was there on the first day alone, for its first minutes."""

Tell = Callable[[str, float], None]
"""What was done, and the seconds it took."""


class Year(Protocol):
    def made(self) -> bool: ...

    def make(self, tell: Tell, days: int) -> int:
        """How many rows there are."""

    def size(self) -> int:
        """Bytes on the disk, indices and means included."""

    def store(self) -> Store: ...

    def floor(self) -> AbstractContextManager[Callable[[str], float]]:
        """Asks the database alone; the seconds a question takes."""


def catalog() -> Iterator[tuple[str, str, str]]:
    """Sensor, site and room of each series, in the order of their numbers, from 1 on."""
    for number in range(1, SENSORS + 2):
        room = number % ROOMS
        sensor_id = SELDOM if number > SENSORS else f"sensor{number}"
        yield sensor_id, f"Site {room % SITES}", f"Room {room}"


@contextmanager
def timed(what: str, tell: Tell) -> Iterator[None]:
    began = time.perf_counter()
    yield
    tell(what, time.perf_counter() - began)
