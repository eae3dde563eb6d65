import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.physics import Activity, co2_per_person, relax, saturation

positive = st.floats(min_value=0.01, max_value=100)


@pytest.mark.parametrize(
    ("activity", "published"),
    [(Activity.ASLEEP, 11.0 / 3600), (Activity.SEATED, 0.0041), (Activity.WALKING, 0.0068)],
)
def test_people_give_off_what_was_published(activity: Activity, published: float) -> None:
    """Asleep: Fan et al. 2021 measured 11.0 ± 1.4 L/h."""
    assert co2_per_person(activity) == pytest.approx(published, rel=0.13)


@given(value=positive, rate=positive, source=positive, hours=positive)
def test_a_step_in_two_halves_is_the_same_step(
    value: float, rate: float, source: float, hours: float
) -> None:
    half = relax(value, rate=rate, source=source, hours=hours / 2)
    twice = relax(half, rate=rate, source=source, hours=hours / 2)
    whole = relax(value, rate=rate, source=source, hours=hours)
    assert twice == pytest.approx(whole, rel=1e-9, abs=1e-9)
    low, high = sorted((value, source / rate))
    assert low - 1e-9 <= whole <= high + 1e-9


@pytest.mark.parametrize(("celsius", "grams"), [(0, 4.85), (10, 9.4), (20, 17.3), (30, 30.4)])
def test_warm_air_holds_more_water(celsius: float, grams: float) -> None:
    assert saturation(celsius) == pytest.approx(grams, rel=0.01)
