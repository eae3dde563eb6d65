from datetime import datetime
from typing import Any

import msgspec
import pytest

from app.iaq.quantities import QUANTITIES
from app.iaq.rules import DEFAULT_RULES, QuietHours, Rule, Severity, Side
from app.iaq.score import DEFAULT_PROFILE

HIGH = Rule("co2", "CO2", Side.ABOVE, 1_200, Severity.WARNING, hysteresis=50)
WIRE = {"id": "co2", "quantity": "CO2", "side": "above", "threshold": 1_200, "severity": "warning"}


def milliseconds(written: str) -> int:
    return round(datetime.fromisoformat(written).timestamp() * 1_000)


def test_a_value_on_the_threshold_is_not_past_it() -> None:
    assert [HIGH.past(value) for value in (1_199, 1_200, 1_200.1)] == [False, False, True]
    low = msgspec.structs.replace(HIGH, side=Side.BELOW)
    assert [low.past(value) for value in (1_199.9, 1_200, 1_201)] == [True, False, False]


def test_it_is_over_where_the_hysteresis_ends() -> None:
    assert [HIGH.over(value) for value in (1_151, 1_150)] == [False, True]
    low = msgspec.structs.replace(HIGH, side=Side.BELOW)
    assert [low.over(value) for value in (1_249, 1_250)] == [False, True]


def test_a_rule_is_for_everywhere_for_a_site_or_for_a_room() -> None:
    places = [("Maison", "Bureau"), ("Maison", "Salon"), ("Boutique", "Bureau")]

    def concerned(**place: str) -> list[bool]:
        rule = msgspec.structs.replace(HIGH, **place)
        return [rule.concerns(*each) for each in places]

    assert concerned() == [True, True, True]
    assert concerned(enseigne="Maison") == [True, True, False]
    assert concerned(enseigne="Maison", salle="Bureau") == [True, False, False]


@pytest.mark.parametrize(
    ("begin", "end", "quiet"),
    [
        ("22:00", "07:00", ["22:00", "23:59", "00:00", "06:59"]),
        ("12:00", "13:00", ["12:00", "12:59"]),
        ("08:00", "08:00", []),
    ],
)
def test_quiet_hours_may_pass_midnight(begin: str, end: str, quiet: list[str]) -> None:
    hours = QuietHours(begin, end)
    times = ["22:00", "23:59", "00:00", "06:59", "07:00", "12:00", "12:59", "13:00", "21:59"]
    assert [each for each in times if hours.cover(milliseconds(f"2026-06-01T{each}:00Z"))] == quiet


def test_quiet_hours_keep_to_the_zone_s_clock_in_summer_and_winter() -> None:
    hours = QuietHours("22:00", "07:00", "Europe/Paris")
    assert hours.cover(milliseconds("2026-07-01T20:30:00Z"))
    assert not hours.cover(milliseconds("2026-01-01T20:30:00Z"))


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "high"},
        {"severity": "dire"},
        {"side": "beside"},
        {"quantity": "C O2"},
        {"duration": -1},
        {"duration": 86_401},
        {"hysteresis": -1},
        {"salle": "Bureau"},
        {"quiet": {"begin": "24:00", "end": "07:00"}},
        {"quiet": {"begin": "22:00", "end": "07:00", "zone": "Mars/Olympus"}},
        {"other": 1},
    ],
)
def test_what_is_no_rule_is_refused(change: dict[str, Any]) -> None:
    assert msgspec.convert(WIRE, Rule) == msgspec.structs.replace(HIGH, hysteresis=0)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(WIRE | change, Rule)


def test_the_defaults_are_points_of_the_score_and_each_has_its_name() -> None:
    assert len({rule.id for rule in DEFAULT_RULES}) == len(DEFAULT_RULES)
    assert {rule.quantity for rule in DEFAULT_RULES} == {each.name for each in QUANTITIES}
    for rule in DEFAULT_RULES:
        points = DEFAULT_PROFILE.scales[rule.quantity].points
        assert rule.threshold in [point.at for point in points], rule.id
