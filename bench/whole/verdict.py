"""What was promised, and whether it was kept."""

from typing import NamedTuple

from bench.crowd.plan import Findings
from bench.operation import WORKERS
from bench.whole.course import Course, Trouble
from bench.whole.watch import Watch

RECOVERY, IN_TIME = 10.0, 0.5
"""Seconds."""
FLOOD_PER_MINUTE = 600
"""What the flood's token may, `LIMIT_SCALE` applied."""
SETTINGS = {"MEASUREMENT_RATE_PER_TOKEN": f"{FLOOD_PER_MINUTE // 50}/minute"}
_UNAUTHORISED, _OK = 401, 200


class Promise(NamedTuple):
    what: str
    found: str
    broken: list[str]
    """Empty, when it was kept."""


def promises(course: Course, watch: Watch, findings: Findings) -> list[Promise]:
    acknowledged, received = len(course.ledger.acknowledged), findings.received
    return [
        Promise(
            "nothing acknowledged is lost or doubled",
            f"{acknowledged:,} measurements, {course.ledger.resent} requests sent again",
            course.misplaced,
        ),
        Promise(
            "each dashboard gets everything once, in its tenant's order",
            f"{received:,} messages to {course.size:,} sockets",
            findings.faults + course.polled,
        ),
        Promise(
            "nobody sees an error",
            f"{len(findings.absences):,} times somebody was away",
            [f"{count} times {what}" for what, count in findings.seen.items()],
        ),
        *(_recovery(trouble) for trouble in course.troubles),
        _health(course, watch),
        _closed(course),
    ]


def _recovery(trouble: Trouble) -> Promise:
    seconds = trouble.recovered - trouble.mended
    broken = [] if seconds <= RECOVERY else [trouble.missed or f"it took {seconds:.1f} s"]
    return Promise(f"{trouble.name}: recovered within 10 s", f"{seconds:.1f} s", broken)


def _health(course: Course, watch: Watch) -> Promise:
    """Every look while Redis is away has to, but for the seconds in which it goes and comes."""
    (trouble,) = (one for one in course.troubles if one.name == "Redis restarted")
    looks = [one for one in watch.health if trouble.began + 1 < one.at < trouble.mended - 1]
    named = [one for one in looks if (one.status, one.broken) == ("degraded", ("broker",))]
    slowest, ever = (
        max((one.seconds for one in some), default=0.0) for some in (looks, watch.health)
    )
    broken = [] if looks and named == looks else [f"only {len(named)} of {len(looks)} looks"]
    if slowest > IN_TIME:
        broken.append(f"it took {slowest:.2f} s")
    found = f"{len(named)} looks name the broker, in {slowest:.2f} s ({ever:.2f} at another time)"
    return Promise("health names the broken part within 0.5 s", found, broken)


def _closed(course: Course) -> Promise:
    """Each worker by itself while Redis is away, so twice the rate at most; a minute begins once
    more than minutes pass.
    """
    intruders, minutes = course.intruders, (course.ended - course.began) / 60
    most = WORKERS * FLOOD_PER_MINUTE * (int(minutes) + 2)
    broken = []
    if intruders.let_in > most:
        broken.append(f"{intruders.let_in} of the flood were let in, at most {most} may be")
    if intruders.forged[_OK] or not intruders.forged[_UNAUTHORISED]:
        broken.append(f"the forged token was answered {dict(intruders.forged)}")
    kept_out = f"{intruders.kept_out:,} of the flood kept out, {intruders.let_in:,} let in"
    refused = f"{intruders.forged[_UNAUTHORISED]} forged tokens refused"
    return Promise("limits and door stay closed", f"{kept_out}; {refused}", broken)
