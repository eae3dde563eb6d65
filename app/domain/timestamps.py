"""Device times: RFC 3339 with a zone, in, checked against the gateway's clock."""

from datetime import UTC, datetime

from app.errors import InvalidInputError

EARLIEST_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1000
"""Before it a clock has lost its battery: such a time says nothing about the measurement."""


class TimestampError(InvalidInputError):
    code = "invalid_timestamp"


class NoZoneError(TimestampError):
    code = "timestamp_without_zone"


class FutureError(TimestampError):
    code = "timestamp_in_future"


class TooOldError(TimestampError):
    code = "timestamp_too_old"


def parse_time(text: str, now_ms: int, max_ahead_ms: int) -> int:
    """Milliseconds since the epoch; raise a `TimestampError` for what cannot be one."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TimestampError(
            "a timestamp is written like 2025-11-19T10:05:00Z", field="timestamp"
        ) from error
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
        raise TooOldError("the timestamp is before 2000: set the clock", field="timestamp")
    return time_ms
