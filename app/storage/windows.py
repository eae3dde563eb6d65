"""Finding the newest buckets of a period without looking at more of it than they fill.

Sans I/O: a generator that asks for what it needs, so that every backend shares it. It looks at
windows that end at the newest measurement there is, and leaps over gaps.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from app.storage.base import Bucket, Period

WIDEST = 16
"""Times the width in which every sensor would fill the limit; a sparse past is crossed in leaps."""


@dataclass(frozen=True, slots=True)
class Newest:
    """Asks for the time of the newest measurement from `start_ms` to `end_ms` (excluded)."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Window:
    """Asks for the buckets from `start_ms` to `end_ms` (excluded), in any order."""

    start_ms: int
    end_ms: int


Ask = Newest | Window
Answer = int | None | list[Bucket]
Search = Generator[Ask, Answer, list[Bucket]]


def newest_buckets(period: Period, series: int) -> Search:
    """The answer of `Store.buckets`, for a period and the number of series it may show."""
    step = period.step_ms
    low = period.step_of(period.start_ms)
    high = period.step_of(period.end_ms - 1) + step
    if period.before is not None:
        high = min(high, period.before.time_ms + step)
    least = -(-period.limit // max(1, series)) * step
    width = least
    found: list[Bucket] = []
    while low < high and len(found) < period.limit and series:
        newest = yield Newest(low, high)
        if not isinstance(newest, int):
            break
        high = period.step_of(newest) + step
        start = max(low, high - width)
        buckets = yield Window(start, high)
        assert isinstance(buckets, list)  # noqa: S101  (the answer to a Window)
        found += sorted(
            (each for each in buckets if _wanted(each, period)), key=_order, reverse=True
        )
        high = start
        width = min(2 * width, WIDEST * least)
    return found[: period.limit][::-1]


def answered(search: Search, answer: Callable[[Ask], Answer]) -> list[Bucket]:
    """Carry a search out, where answers come at once."""
    try:
        ask = next(search)
        while True:
            ask = search.send(answer(ask))
    except StopIteration as done:
        buckets: list[Bucket] = done.value
        return buckets


def tie_of(bucket: Bucket) -> tuple[str, ...]:
    key = bucket.key
    return (key.sensor_id or "", key.enseigne or "", key.salle or "")


def _order(bucket: Bucket) -> tuple[int, tuple[str, ...]]:
    return bucket.start_ms, tie_of(bucket)


def _wanted(bucket: Bucket, period: Period) -> bool:
    before = period.before
    return before is None or _order(bucket) < (before.time_ms, before.tie)
