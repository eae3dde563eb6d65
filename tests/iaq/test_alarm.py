from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.iaq.alarm import LONGEST_GAP_MS, Alarm, Turn
from app.iaq.rules import QuietHours, Rule, Severity, Side

HIGH = Rule("high", "CO2", Side.ABOVE, 1_200, Severity.WARNING, duration=300, hysteresis=50)
VERY = Rule("very", "CO2", Side.ABOVE, 1_500, Severity.CRITICAL, duration=300, hysteresis=50)
MINUTE = 60_000
BEGIN = 1_763_546_700_000  # 2025-11-19T10:05:00Z


def told(
    values: Sequence[float], rules: list[Rule], alarm: Alarm | None = None
) -> list[tuple[int, Turn, str]]:
    """A value a minute: minute, turn and rule of what there is to tell."""
    alarm = alarm or Alarm()
    news = [
        (minute, alarm.see(rules, value, BEGIN + minute * MINUTE))
        for minute, value in enumerate(values)
    ]
    return [(minute, found[0], found[1].id) for minute, found in news if found]


def test_it_is_raised_once_the_values_were_past_for_long_enough() -> None:
    assert told([1_300] * 10, [HIGH]) == [(5, Turn.RAISED, "high")]


def test_one_value_that_is_not_past_begins_anew() -> None:
    assert told([1_300, 1_300, 1_300, 1_200, *[1_300] * 6], [HIGH]) == [(9, Turn.RAISED, "high")]


def test_it_is_over_only_well_back() -> None:
    values = [1_300] * 6 + [1_190, 1_210, 1_160, 1_149, 1_199]
    assert told(values, [HIGH]) == [(5, Turn.RAISED, "high"), (9, Turn.RESOLVED, "high")]


def test_the_most_urgent_rule_speaks_and_one_alert_changes_with_it() -> None:
    values = [1_300] * 6 + [1_600] * 6 + [1_300] * 2 + [1_100]
    assert told(values, [HIGH, VERY]) == [
        (5, Turn.RAISED, "high"),
        (11, Turn.UPDATED, "very"),
        (12, Turn.UPDATED, "high"),
        (14, Turn.RESOLVED, "high"),
    ]


def test_a_short_peak_of_the_worse_kind_is_not_told() -> None:
    assert told([1_600] * 2 + [1_300] * 8, [HIGH, VERY]) == [(5, Turn.RAISED, "high")]


def test_below_is_told_as_above_is() -> None:
    cold = Rule("cold", "Temperature", Side.BELOW, 17, Severity.INFO, hysteresis=0.5)
    frost = msgspec.structs.replace(cold, id="frost", threshold=5)
    assert told([18, 16.9, 4, 17.2, 17.5], [cold, frost]) == [
        (1, Turn.RAISED, "cold"),
        (2, Turn.UPDATED, "frost"),
        (3, Turn.UPDATED, "cold"),
        (4, Turn.RESOLVED, "cold"),
    ]


def test_in_quiet_hours_nothing_new_is_told_and_what_lasts_is_told_when_they_end() -> None:
    quiet = msgspec.structs.replace(HIGH, quiet=QuietHours("10:00", "10:15"))
    assert told([1_300] * 20, [quiet]) == [(10, Turn.RAISED, "high")]
    late = msgspec.structs.replace(HIGH, quiet=QuietHours("10:11", "11:00"))
    assert told([1_300] * 8 + [1_000], [late])[-1] == (8, Turn.RESOLVED, "high")


def test_silence_is_neither_good_nor_bad_air() -> None:
    alarm = Alarm()
    told([1_300] * 6, [HIGH], alarm)
    later = BEGIN + 5 * MINUTE + 10 * LONGEST_GAP_MS
    assert alarm.see([HIGH], 1_300, later) is None
    assert alarm.standing is HIGH


def test_after_a_long_silence_the_duration_begins_anew() -> None:
    alarm = Alarm()
    told([1_300] * 3, [HIGH], alarm)
    again = BEGIN + 2 * MINUTE + LONGEST_GAP_MS + 1
    assert alarm.see([HIGH], 1_300, again) is None
    assert alarm.see([HIGH], 1_300, again + 5 * MINUTE) == (Turn.RAISED, HIGH)


def test_a_value_of_before_says_nothing_any_more() -> None:
    alarm = Alarm()
    told([1_300] * 6, [HIGH], alarm)
    assert alarm.see([HIGH], 400, BEGIN) is None
    assert alarm.standing is HIGH


def test_a_rule_that_is_taken_back_or_moved_is_over_with_the_next_value() -> None:
    alarm = Alarm()
    told([1_300] * 6, [HIGH], alarm)
    moved = msgspec.structs.replace(HIGH, threshold=1_290)
    assert alarm.see([moved], 1_300, BEGIN + 6 * MINUTE) == (Turn.UPDATED, moved)
    assert alarm.see([], 1_300, BEGIN + 7 * MINUTE) == (Turn.RESOLVED, moved)
    assert alarm.idle


def test_what_stood_before_a_restart_stands_and_is_not_raised_again() -> None:
    assert told([1_300] * 10 + [1_000], [HIGH], Alarm(HIGH)) == [(10, Turn.RESOLVED, "high")]


@given(st.lists(st.sampled_from([400.0, 1_160.0, 1_300.0, 1_600.0]), max_size=60))
@pytest.mark.parametrize("rules", [[HIGH], [HIGH, VERY]])
def test_whatever_comes_it_is_raised_before_it_changes_and_resolved_before_it_is_raised_again(
    rules: list[Rule], values: list[float]
) -> None:
    alarm = Alarm()
    turns = [turn for _, turn, _ in told(values, rules, alarm)]
    open_ = False
    for turn in turns:
        assert open_ is (turn is not Turn.RAISED)
        open_ = turn is not Turn.RESOLVED
    assert open_ is (alarm.standing is not None)
