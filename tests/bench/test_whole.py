"""A verdict finds what was broken; figures come out of histograms as Prometheus reckons them."""

from collections import Counter

import pytest

from bench.crowd.plan import Findings
from bench.whole.buckets import quantile, since, together
from bench.whole.course import Course, Trouble
from bench.whole.verdict import Promise, promises
from bench.whole.watch import Health, Watch

INFINITE = float("inf")


class Quiet(Watch):
    """One that saw what it is given."""

    def __init__(self, *health: Health) -> None:
        self.looks, self.health = [], list(health)


def course() -> Course:
    kill, redis = Trouble("a worker killed", 5, 5, 8), Trouble("Redis restarted", 10, 15, 18)
    done = Course(2, began=0, ended=60, troubles=[kill, redis])
    done.intruders.forged[401] = 1
    return done


def broken(
    course: Course, *, seen: str = "", status: str = "degraded", seconds: float = 0.1
) -> list[str]:
    """The promises that were not kept."""
    watch = Quiet(Health(12, status, ("broker",) if status == "degraded" else (), seconds))
    findings = Findings([], [], [], [], Counter(), Counter([seen] * bool(seen)), 0, [], 0.0)
    kept: list[Promise] = promises(course, watch, findings)
    return [one.what for one in kept if one.broken]


def test_all_is_well() -> None:
    assert broken(course()) == []


def test_what_was_not_kept_is_named() -> None:
    flawed = course()
    flawed.misplaced.append("store: 1 acknowledged but lost")
    flawed.troubles[0] = Trouble("a worker killed", 5, 5, 16)
    flawed.intruders.let_in = 1_000_000
    assert broken(flawed, seen="handshake 429", status="ready") == [
        "nothing acknowledged is lost or doubled",
        "nobody sees an error",
        "a worker killed: recovered within 10 s",
        "health names the broken part within 0.5 s",
        "limits and door stay closed",
    ]


def test_health_has_to_answer_in_time() -> None:
    assert broken(course(), seconds=0.6) == ["health names the broken part within 0.5 s"]


@pytest.mark.parametrize("answers", [{200: 1, 401: 50}, {502: 50}])
def test_a_forged_token_has_to_be_refused_and_may_never_be_let_in(answers: dict[int, int]) -> None:
    flawed = course()
    flawed.intruders.forged = Counter(answers)
    assert broken(flawed) == ["limits and door stay closed"]


def test_a_quantile_is_spread_within_its_bucket() -> None:
    buckets = {0.001: 0.0, 0.01: 50.0, 0.1: 100.0, INFINITE: 100.0}
    assert quantile(buckets, 0.5) == pytest.approx(0.01)
    assert quantile(buckets, 0.75) == pytest.approx(0.055)
    assert quantile({0.1: 0.0, INFINITE: 1.0}, 0.5) == 0.1
    assert quantile({}, 0.5) == quantile({0.1: 0.0}, 0.5) == 0.0


def test_a_gateway_that_was_started_anew_counts_from_nothing() -> None:
    assert since({0.1: 5.0, INFINITE: 7.0}, {0.1: 4.0, INFINITE: 4.0}) == {0.1: 1.0, INFINITE: 3.0}
    assert since({0.1: 2.0, INFINITE: 3.0}, {0.1: 4.0, INFINITE: 4.0}) == {0.1: 2.0, INFINITE: 3.0}
    assert together([{0.1: 1.0, INFINITE: 1.0}, {0.1: 2.0}]) == {0.1: 3.0, INFINITE: 1.0}
