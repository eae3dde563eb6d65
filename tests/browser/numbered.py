"""Numbered measurements sent without a rest, through whatever happens to the gateway."""

import threading
import time
from http.client import HTTPException
from types import TracebackType
from typing import Self

from tests.browser.site import Site

FIRST = 400
"""The CO2 of the first one; each later one has one more."""


class Numbered:
    """Sends from a thread of its own; what was not acknowledged is sent again as it was."""

    def __init__(self, site: Site, salle: str, sensor: str, pause: float = 0.05) -> None:
        self.acknowledged: list[int] = []
        self._site, self._salle, self._sensor = site, salle, sensor
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number, at = FIRST, time.time()
        while not self._stop.wait(self._pause):
            if self._sent(number, at):
                self.acknowledged.append(number)
                number, at = number + 1, time.time()

    def _sent(self, number: int, at: float) -> bool:
        try:
            self._site.measure(self._salle, self._sensor, at=at, CO2=number)
        except (OSError, HTTPException, AssertionError):
            return False
        return True
