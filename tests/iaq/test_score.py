import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.iaq.quantities import QUANTITIES
from app.iaq.scale import Point, Profile, Scale
from app.iaq.score import DEFAULT_PROFILE, LEVELS, global_level, global_score, sub_scores

DOCUMENTED = {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45}
BEST = {"CO2": 400, "PM25": 0, "TVOC": 0, "Temperature": 23, "Humidity": 50}

finite = st.floats(min_value=-1e6, max_value=1e6)
measured = st.dictionaries(st.sampled_from(sorted(DOCUMENTED)), finite, min_size=1)


def test_the_documented_example_gives_85() -> None:
    assert global_score(DOCUMENTED) == 85


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
@pytest.mark.parametrize("shift", [-0.02, 0.02])
def test_the_documented_example_hangs_on_no_single_weight(name: str, shift: float) -> None:
    scales = dict(DEFAULT_PROFILE.scales)
    scales[name] = Scale(points=scales[name].points, weight=scales[name].weight + shift)
    assert global_score(DOCUMENTED, Profile("shifted", 1, scales)) == 85


def test_the_best_air_gives_100_and_the_worst_0() -> None:
    assert global_score(BEST) == 100
    worst = {"CO2": 9000, "PM25": 500, "TVOC": 30, "Temperature": -5, "Humidity": 100}
    assert global_score(worst) == 0


@pytest.mark.parametrize("values", [{}, {"NOx": 3.0}, {"co2": 500.0}])
def test_nothing_known_measured_is_no_score(values: dict[str, float]) -> None:
    assert global_score(values) is None
    assert sub_scores(values) == {}


def test_what_is_not_measured_is_left_out_and_the_weights_renormalised() -> None:
    assert global_score({"CO2": 800}) == 70
    assert global_score({"CO2": 800, "Radon": 1e9}) == 70
    assert global_score({"CO2": 800, "Humidity": 50}) == 78  # 70 thrice and 100 once


@pytest.mark.parametrize("ppm", [-100, 0, 236, 399.9, 400])
def test_co2_below_outdoor_air_counts_as_the_best(ppm: float) -> None:
    assert sub_scores({"CO2": ppm}) == {"CO2": 100}


@given(measured)
def test_always_an_integer_between_0_and_100(values: dict[str, float]) -> None:
    score = global_score(values)
    assert isinstance(score, int)
    assert 0 <= score <= 100
    assert set(sub_scores(values)) == set(values)


@pytest.mark.parametrize("name", ["CO2", "PM25", "TVOC"])
@given(first=finite, second=finite)
def test_more_of_a_pollutant_is_never_better(name: str, first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert _score(name, low) >= _score(name, high) - 1e-9
    below, above = global_score(DOCUMENTED | {name: low}), global_score(DOCUMENTED | {name: high})
    assert below is not None
    assert above is not None
    assert below >= above


@pytest.mark.parametrize(("name", "comfort"), [("Temperature", (22, 24.5)), ("Humidity", (40, 60))])
@given(first=finite, second=finite)
def test_further_from_comfort_is_never_better(
    name: str, comfort: tuple[float, float], first: float, second: float
) -> None:
    low, high = sorted((first, second))
    if high <= comfort[0]:
        assert _score(name, low) <= _score(name, high) + 1e-9
    elif low >= comfort[1]:
        assert _score(name, low) >= _score(name, high) - 1e-9
    if comfort[0] <= low <= comfort[1]:
        assert _score(name, low) == 100


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (100, "excellent"),
        (90, "excellent"),
        (89, "good"),
        (70, "good"),
        (69, "moderate"),
        (50, "moderate"),
        (49, "poor"),
        (30, "poor"),
        (29, "very_poor"),
        (0, "very_poor"),
    ],
)
def test_levels_begin_at_their_least_score(score: int, level: str) -> None:
    assert global_level(score) == level


def test_the_default_profile_places_sourced_thresholds_on_the_borders_of_levels() -> None:
    borders = {100} | {least for least, _ in LEVELS}
    points = [point for scale in DEFAULT_PROFILE.scales.values() for point in scale.points]
    assert {point.score for point in points} <= borders
    assert all(isinstance(point, Point) and point.source for point in points)
    assert set(DEFAULT_PROFILE.scales) == {quantity.name for quantity in QUANTITIES}
    assert sum(scale.weight for scale in DEFAULT_PROFILE.scales.values()) == pytest.approx(1)
    assert (DEFAULT_PROFILE.name, DEFAULT_PROFILE.version) == ("iaqverse", 1)


def _score(name: str, value: float) -> float:
    return sub_scores({name: value})[name]
