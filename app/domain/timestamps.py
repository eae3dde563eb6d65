"""Device times: RFC 3339 with a zone, in, checked against the gateway's clock."""

import re
from datetime import UTC, datetime

from app.errors import InvalidInputError

EARLIEST_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""Before it a clock has lost its battery: such a time says nothing about the measurement."""


_SECONDS_AS_MS = range(EARLIEST_MS // 1000, 31 * 86_400_000)
"""Where seconds of the years 2000 to 2054 end up when they are read as milliseconds: in 1970."""
_FIVE_DIGIT_YEAR = re.compile(r"\A\+?[0-9]{5,6}-[0-9]{2}-")


class TimestampError(InvalidInputError):
    code = "invalid_timestamp"


class NumberError(TimestampError):
    code = "timestamp_is_number"


class UnitError(TimestampError):
    """Seconds were taken for milliseconds, or the reverse, before the time was written as text."""

    code = "timestamp_unit"


class NoZoneError(TimestampError):
    code = "timestamp_without_zone"


class FutureError(TimestampError):
    code = "timestamp_in_future"


class TooOldError(TimestampError):
    code = "timestamp_too_old"


def parse_time(stated: str | float, now_ms: int, max_ahead_ms: int) -> int:
    """Milliseconds since the epoch; raise a `TimestampError` for what cannot be one.

    A number is never one: whether it counts seconds or milliseconds would be a guess.
    """
    if not isinstance(stated, str):
        raise _number()
    try:
        moment = datetime.fromisoformat(stated)
    except ValueError as error:
        raise _unreadable(stated) from error
    if moment.tzinfo is None:
        raise NoZoneError("the timestamp has no zone: end it with Z or +02:00", field="timestamp")
    try:
        time_ms = round(moment.timestamp() * 1000)
    except (OverflowError, ValueError) as error:
        raise TimestampError("the timestamp is out of range", field="timestamp") from error
    if time_ms > now_ms + max_ahead_ms:
        ahead = (time_ms - now_ms) // 1000
        raise FutureError(
            "the timestamp is in the future: set the clock", field="timestamp", ahead_seconds=ahead
        )
    if time_ms < EARLIEST_MS:
        raise _before_2000(time_ms, now_ms)
    return time_ms


def _number() -> TimestampError:
    return NumberError(
        "the timestamp is a number (seconds or milliseconds?): write it like 2025-11-19T10:05:00Z",
        field="timestamp",
    )


def _unreadable(text: str) -> TimestampError:
    if text.isdecimal():
        return _number()
    if _FIVE_DIGIT_YEAR.match(text):
        return UnitError(
            "the timestamp is tens of thousands of years ahead:"
            " milliseconds were probably taken for seconds",
            field="timestamp",
        )
    return TimestampError("a timestamp is written like 2025-11-19T10:05:00Z", field="timestamp")


def _before_2000(time_ms: int, now_ms: int) -> TimestampError:
    if time_ms in _SECONDS_AS_MS:
        return UnitError(
            "the timestamp is near 1970: seconds were probably taken for milliseconds",
            field="timestamp",
        )
    return TooOldError(
        "the timestamp is before 2000: set the clock",
        field="timestamp",
        behind_seconds=(now_ms - time_ms) // 1000,
    )
