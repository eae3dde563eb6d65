"""Device times: with a zone, within reason, to the millisecond."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.timestamps import (
    EARLIEST_MS,
    FutureError,
    NoZoneError,
    NumberError,
    TimestampError,
    TooOldError,
    UnitError,
    parse_time,
)
from app.model import wire_time

NOW_MS = 1_763_546_700_000  # 2025-11-19T10:05:00Z
MAX_AHEAD_MS = 300_000


def parsed(text: str) -> int:
    return parse_time(text, NOW_MS, MAX_AHEAD_MS)


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-19T10:05:00Z",
        "2025-11-19T10:05:00.000Z",
        "2025-11-19T11:05:00+01:00",
        "2025-11-19T05:35:00-04:30",
        "2025-11-19 10:05:00+00:00",
    ],
)
def test_one_moment_can_be_written_in_many_zones(text: str) -> None:
    assert parsed(text) == NOW_MS


def test_fractions_are_kept_to_the_millisecond() -> None:
    assert parsed("2025-11-19T10:04:59.123Z") == NOW_MS - 877
    assert parsed("2025-11-19T10:04:59.123456Z") == NOW_MS - 877


@pytest.mark.parametrize("text", ["2025-11-19T10:05:00", "2025-11-19", "2025-11-19 10:05"])
def test_a_time_without_a_zone_is_refused_since_nobody_knows_when_it_was(text: str) -> None:
    with pytest.raises(NoZoneError):
        parsed(text)


@pytest.mark.parametrize("text", ["", "now", "2025-13-01T00:00:00Z", "\x00", "1763546700-"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(TimestampError) as refused:
        parsed(text)
    assert refused.value.code == "invalid_timestamp"
    assert refused.value.details == {"field": "timestamp"}


@pytest.mark.parametrize(
    "stated", [1_763_546_700, 1_763_546_700_000, 1.5e9, -1, "1763546700", "1763546700000", "٢٠٢٥"]
)
def test_a_number_is_no_time_since_its_unit_would_be_a_guess(stated: str | float) -> None:
    with pytest.raises(NumberError) as refused:
        parse_time(stated, NOW_MS, MAX_AHEAD_MS)
    assert "seconds or milliseconds" in refused.value.message


@pytest.mark.parametrize(
    "now", ["2000-01-01T00:00:00Z", "2025-11-19T10:05:00Z", "2054-01-01T00:00Z"]
)
def test_seconds_taken_for_milliseconds_are_caught(now: str) -> None:
    seconds = datetime.fromisoformat(now).timestamp()
    with pytest.raises(UnitError) as refused:
        parsed(wire_time(round(seconds)))
    assert "seconds were probably taken for milliseconds" in refused.value.message


@pytest.mark.parametrize("text", ["57855-03-18T05:20:00Z", "+057855-03-18T05:20:00.000Z"])
def test_milliseconds_taken_for_seconds_are_caught(text: str) -> None:
    with pytest.raises(UnitError) as refused:
        parsed(text)
    assert "milliseconds were probably taken for seconds" in refused.value.message


def test_a_clock_may_be_ahead_so_far_and_no_further() -> None:
    assert parsed(wire_time(NOW_MS + MAX_AHEAD_MS)) == NOW_MS + MAX_AHEAD_MS
    with pytest.raises(FutureError) as refused:
        parsed(wire_time(NOW_MS + MAX_AHEAD_MS + 1))
    assert refused.value.details["ahead_seconds"] == 300


def test_a_clock_that_lost_its_battery_is_refused() -> None:
    assert parsed("2000-01-01T00:00:00Z") == EARLIEST_MS
    for text in ("1999-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        with pytest.raises(TooOldError) as refused:
            parsed(text)
        assert refused.value.details["behind_seconds"] > 25 * 365 * 86_400  # type: ignore[operator]  # details are of any type


@given(st.integers(EARLIEST_MS, NOW_MS + MAX_AHEAD_MS))
def test_what_the_wire_shows_reads_as_the_same_time(time_ms: int) -> None:
    assert parsed(wire_time(time_ms)) == time_ms


@given(st.integers(0, 253_402_300_799_999))
def test_the_wire_shows_utc_with_a_fraction_only_where_there_is_one(time_ms: int) -> None:
    text = wire_time(time_ms)
    assert text.endswith("Z")
    assert ("." in text) == bool(time_ms % 1000)
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo == UTC
    assert round(moment.timestamp() * 1000) == time_ms


@given(st.text(max_size=64))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        parsed(text)
    except TimestampError as error:
        assert len(error.message) < 100  # noqa: PT017  (either way is right)
