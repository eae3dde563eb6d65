"""A time of its own for each measurement that brings none."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.received_times import ReceivedTimes


def test_the_received_time_is_taken_as_it_is_the_first_time() -> None:
    times = ReceivedTimes(10)
    assert times.next_ms("acme", "s1", 1_000) == 1_000
    assert times.next_ms("acme", "s2", 1_000) == 1_000
    assert times.next_ms("other", "s1", 1_000) == 1_000


@given(st.lists(st.integers(0, 20)))
def test_no_sensor_gets_one_twice_whatever_the_clock_does(clock: list[int]) -> None:
    times = ReceivedTimes(10)
    given_ = [times.next_ms("acme", "s1", now_ms) for now_ms in clock]
    assert given_ == sorted(set(given_))
    assert all(time_ms >= now_ms for time_ms, now_ms in zip(given_, clock, strict=True))


def test_so_many_sensors_are_remembered() -> None:
    times = ReceivedTimes(2)
    for sensor in ("s1", "s2", "s1", "s3"):
        times.next_ms("acme", sensor, 5)
    assert times.next_ms("acme", "s1", 5) == 7
    assert times.next_ms("acme", "s2", 5) == 5
