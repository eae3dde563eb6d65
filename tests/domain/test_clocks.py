"""Device clocks against the gateway's."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.clocks import JUMP_MS, TOLERANCE_MS, Arrival, ClockOffset, Jumps, parse_date

NOW_MS = 1_763_546_700_000  # 2025-11-19T10:05:00Z


class TestDate:
    @pytest.mark.parametrize(
        "text",
        [
            "Wed, 19 Nov 2025 10:05:00 GMT",
            "Wednesday, 19-Nov-25 10:05:00 GMT",
            "Wed Nov 19 10:05:00 2025",
        ],
    )
    def test_the_three_forms_of_rfc_9110_5_6_7_are_read(
        self, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        try:
            assert parse_date(text) == NOW_MS
        finally:
            monkeypatch.undo()
            time.tzset()

    @pytest.mark.parametrize("text", [None, "", "now", "Wed, 99 Nov 2025 10:05:00 GMT", "\x00"])
    def test_what_is_none_says_nothing(self, text: str | None) -> None:
        assert parse_date(text) is None

    @given(st.text(max_size=60))
    def test_any_text_is_a_date_or_none(self, text: str) -> None:
        parse_date(text)


class TestArrival:
    def test_a_live_timestamp_tells_the_offset_and_a_backlogs_none(self) -> None:
        arrival = Arrival(NOW_MS)
        assert arrival.offset_ms(NOW_MS + 9) == 9
        assert arrival.offset_ms(NOW_MS - 300_000) == -300_000
        assert arrival.offset_ms(NOW_MS - 300_001) is None

    def test_a_date_tells_it_of_every_measurement(self) -> None:
        assert Arrival(NOW_MS, NOW_MS + 9).offset_ms(NOW_MS - 300_001) == 9

    @pytest.mark.parametrize("sign", [1, -1])
    def test_beyond_the_tolerance_it_is_told(self, sign: int) -> None:
        near, far = sign * TOLERANCE_MS, sign * (TOLERANCE_MS + 1)
        assert Arrival(NOW_MS).told(near) is None
        assert Arrival(NOW_MS).told(far) == ClockOffset(far, "timestamp")
        assert Arrival(NOW_MS, NOW_MS + near).told(far) is None
        assert Arrival(NOW_MS, NOW_MS + far).told(None) == ClockOffset(far, "date")

    def test_without_a_word_of_the_clock_nothing_is_told(self) -> None:
        assert Arrival(NOW_MS).told(None) is None


class TestJumps:
    def test_a_change_beyond_the_bound_is_one(self) -> None:
        jumps = Jumps(10)
        changes = [jumps.by("acme", "s1", at) for at in (-9_000, JUMP_MS - 9_000, -9_001)]
        assert changes == [0, 0, -JUMP_MS - 1]
        assert jumps.count == 1

    def test_sensors_of_two_tenants_are_not_one(self) -> None:
        jumps = Jumps(10)
        jumps.by("acme", "s1", 0)
        assert jumps.by("globex", "s1", 200_000) == 0

    def test_the_sensor_not_heard_of_for_longest_is_forgotten(self) -> None:
        jumps = Jumps(2)
        for sensor in ("a", "b", "a", "c"):
            jumps.by("acme", sensor, 0)
        assert jumps.by("acme", "a", 200_000) == 200_000
        assert jumps.by("acme", "b", 200_000) == 0
