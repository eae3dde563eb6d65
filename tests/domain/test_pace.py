"""How often a sensor speaks, as far as that can be told."""

import pytest

from app.domain.pace import Pace
from app.storage.base import DAY_MS


def pace(*times_ms: int, known_ms: int = 0) -> Pace:
    first, *later = times_ms
    made = Pace(first, known_ms)
    for time_ms in later:
        made.hear(time_ms)
    return made


@pytest.mark.parametrize(
    ("times_s", "interval_s"),
    [
        ((0, 5, 10, 15), 5),
        ((0, 5, 10), 0),  # too little to tell
        ((0, 5, 10, 3_600, 3_605, 3_610), 5),  # an outage is no pace
        ((0, 0, 0, 600, 600, 600, 1_200, 1_200, 1_800), 600),  # batches
        ((0, 5, 10, 15, 20, 25, 85, 145, 205), 60),  # it took another pace
    ],
)
def test_the_usual_distance(times_s: tuple[int, ...], interval_s: int) -> None:
    assert pace(*(1_000 * each for each in times_s)).interval_ms == 1_000 * interval_s


def test_what_was_known_before_counts_until_there_is_enough() -> None:
    assert pace(0, 60_000, known_ms=5_000).interval_ms == 5_000
    assert pace(0, 60_000, 120_000, 180_000, known_ms=5_000).interval_ms == 60_000


def test_a_year_of_silence_is_a_day() -> None:
    assert pace(0, *(DAY_MS * 365 * year for year in (1, 2, 3))).interval_ms == DAY_MS
