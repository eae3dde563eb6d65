"""Stamps and marks in Python, as `native/meter.h` has them in C."""

import re
import time

CYCLE, FIRST, DIGITS = 900_000_000, 100_000_000, 9
TAIL = 12
"""Bytes at the end of what came in that may be the beginning of a mark."""

_MARK = re.compile(rb'"t":(\d{9})')
_STAMP = re.compile(rb'"T":\d{9}')


def now_us() -> int:
    return time.monotonic_ns() // 1000


def stamps(text: bytes) -> list[int]:
    """Where the digits begin: of what the peer turns into marks, else of the marks themselves."""
    found = _STAMP.finditer(text) if _STAMP.search(text) else _MARK.finditer(text)
    return [match.end() - DIGITS for match in found]


def write_stamps(text: bytearray, places: list[int], now: int) -> None:
    digits = b"%d" % (now % CYCLE + FIRST)
    for place in places:
        text[place : place + DIGITS] = digits


class Meter:
    def __init__(self) -> None:
        self.messages = 0
        self._ages: list[int] = []

    def scan(self, data: bytes, now: int) -> bytes:
        """Count the marks; what has to be put before the next bytes."""
        shown, end = now % CYCLE + FIRST, 0
        for match in _MARK.finditer(data):
            self.messages += 1
            self._ages.append((shown + CYCLE - int(match[1])) % CYCLE)
            end = match.end()
        return data[max(end, len(data) - TAIL) :]

    def quantile_ms(self, share: float) -> float:
        if not self._ages:
            return 0.0
        self._ages.sort()
        return self._ages[min(len(self._ages) - 1, int(share * len(self._ages)))] / 1000
