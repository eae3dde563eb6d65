"""One figure for a room's air: `global_score`, 0 to 100, 100 is best.

A weighted mean of the sub-scores of what was measured. What was not measured is left out and the
weights of the rest are renormalised: nothing is made up.
"""

from collections.abc import Mapping

from app.iaq.scale import Point, Profile, Scale
from app.iaq.thresholds import DEFAULT_PROFILE

__all__ = [
    "DEFAULT_PROFILE",
    "LEVELS",
    "Point",
    "Profile",
    "Scale",
    "global_level",
    "global_score",
    "sub_scores",
]

LEVELS = ((90, "excellent"), (70, "good"), (50, "moderate"), (30, "poor"), (0, "very_poor"))
"""The least score of each level, best first."""


def sub_scores(values: Mapping[str, float], profile: Profile = DEFAULT_PROFILE) -> dict[str, float]:
    """The score of each quantity that the profile knows and `values` has, unrounded."""
    return {
        name: scale.score(values[name]) for name, scale in profile.scales.items() if name in values
    }


def global_score(values: Mapping[str, float], profile: Profile = DEFAULT_PROFILE) -> int | None:
    """None when nothing the profile knows was measured.

    `values` is keyed by canonical names (`quantities.canonical`) and finite; a NaN would count as
    the worst. About 2 µs for five quantities: it runs at every ingest.
    """
    total = weights = 0.0
    for name, scale in profile.scales.items():
        value = values.get(name)
        if value is not None:
            total += scale.weight * scale.score(value)
            weights += scale.weight
    return int(total / weights + 0.5) if weights else None


def global_level(score: int) -> str:
    """The word for a score of 0 to 100."""
    return next((level for least, level in LEVELS if score >= least), LEVELS[-1][1])
