"""A rate per connection: so many at once, one more every interval."""

from hypothesis import example, given
from hypothesis import strategies as st

from app.protocol.quota import Quota, Rate

clocks = st.floats(min_value=0, max_value=1e8)
"""Monotonic seconds: a machine that has been up for three years is at 1e8."""


def test_a_burst_passes_and_the_next_one_has_to_wait_an_interval() -> None:
    quota = Quota(Rate(burst=4, interval=0.5))
    assert [quota.spend(10) for _ in range(4)] == [0, 0, 0, 0]
    assert quota.spend(10) == 0.5
    assert quota.spend(10.25) == 0.25


def test_what_is_refused_costs_nothing() -> None:
    quota = Quota(Rate(burst=1, interval=1))
    assert quota.spend(0) == 0
    assert [quota.spend(0.5) for _ in range(100)] == [0.5] * 100
    assert quota.spend(1) == 0


def test_a_steady_rate_passes_for_ever() -> None:
    quota = Quota(Rate(burst=2, interval=0.25))
    assert not any(quota.spend(100 + number * 0.25) for number in range(1_000))


def test_a_pause_saves_up_one_burst_and_no_more() -> None:
    quota = Quota(Rate(burst=3, interval=1))
    for _ in range(3):
        quota.spend(0)
    assert [quota.spend(1_000) == 0 for _ in range(4)] == [True, True, True, False]


@given(clocks, st.integers(1, 100), st.floats(0.001, 60))
@example(1_000_000.3, 40, 0.05)
def test_the_time_the_machine_has_been_up_makes_no_difference(
    now: float, burst: int, interval: float
) -> None:
    quota = Quota(Rate(burst, interval))
    assert [quota.spend(now) == 0 for _ in range(burst + 1)] == [True] * burst + [False]


@given(st.lists(st.floats(0, 2), max_size=60))
def test_within_any_time_no_more_passes_than_burst_and_rate(pauses: list[float]) -> None:
    rate = Rate(burst=5, interval=0.5)
    quota, now, passed = Quota(rate), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if quota.spend(now) == 0:
            passed.append(now)
    for index, start in enumerate(passed):
        for count, end in enumerate(passed[index:], start=1):
            assert count <= 5 + (end - start) / 0.5 + 0.01
