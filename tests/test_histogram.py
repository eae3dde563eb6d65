from time import perf_counter

from app.histogram import BOUNDS, Histogram


def test_a_bound_counts_what_took_as_long_and_what_took_less() -> None:
    took = Histogram()
    for seconds in (0.0, BOUNDS[0], BOUNDS[1], 60.0):
        took.observe(seconds)
    assert took.cumulative() == [2, 3, *[3] * (len(BOUNDS) - 2), 4]
    assert took.total == BOUNDS[0] + BOUNDS[1] + 60


def test_it_counts_from_when_something_began() -> None:
    took = Histogram()
    took.observe_since(perf_counter() - 60)
    assert took.total >= 60
    assert took.cumulative()[-2:] == [0, 1]
