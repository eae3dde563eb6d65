import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.iaq.scale import Point, Profile, Scale

SCALE = Scale(points=(Point(0, 100, "a"), Point(10, 50, "b"), Point(20, 0, "c")), weight=1)


@pytest.mark.parametrize(
    ("value", "score"), [(-5, 100), (0, 100), (5, 75), (10, 50), (15, 25), (20, 0), (1e300, 0)]
)
def test_linear_between_points_and_constant_outside(value: float, score: float) -> None:
    assert SCALE.score(value) == pytest.approx(score)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_never_outside_the_scores_of_its_points(value: float) -> None:
    assert 0 <= SCALE.score(value) <= 100


@pytest.mark.parametrize(
    ("points", "weight"),
    [
        ((Point(0, 100, "a"),), 1),
        ((Point(1, 100, "a"), Point(1, 0, "b")), 1),
        ((Point(2, 100, "a"), Point(1, 0, "b")), 1),
        ((Point(0, 101, "a"), Point(1, 0, "b")), 1),
        ((Point(0, 100, "a"), Point(1, -1, "b")), 1),
        ((Point(0, 100, "a"), Point(1, 0, "b")), 0),
    ],
)
def test_a_scale_that_makes_no_sense_is_refused(points: tuple[Point, ...], weight: float) -> None:
    with pytest.raises(ValueError, match=r"scale|score"):
        Scale(points=points, weight=weight)


def test_a_profile_scores_something_and_cannot_be_changed_from_outside() -> None:
    with pytest.raises(ValueError, match="one quantity"):
        Profile(name="empty", version=1, scales={})
    scales = {"CO2": SCALE}
    profile = Profile(name="own", version=1, scales=scales)
    scales.clear()
    assert dict(profile.scales) == {"CO2": SCALE}
