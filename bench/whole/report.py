"""A folder that tells how it went: `report.md`, with a picture for each subject."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.charts import Mark, Point, Series, chart
from bench.crowd.plan import Findings
from bench.tables import markdown
from bench.whole.course import Course
from bench.whole.verdict import Promise
from bench.whole.watch import Look, Watch

PROGRAMS = ("gateway", "nginx", "Redis", "PostgreSQL")
KINDS = 6
"""Of errors, the most frequent."""
FAULTS = 20
"""Of a broken promise, shown."""


def write(
    folder: Path, found: tuple[Course, Watch, Findings], kept: Sequence[Promise], machine: str
) -> str:
    """The text of the report."""
    course, _, _ = found
    folder.mkdir(parents=True, exist_ok=True)
    marks = [Mark(one.began - course.began, one.name) for one in course.troubles]
    pictures = _pictures(*found)
    for name, (title, series) in pictures.items():
        (folder / f"{name}.svg").write_text(chart(title, series, marks), "utf-8")
    parts = [
        "# Load test of the whole",
        f"{course.size:,} sockets over TLS; {machine}",
        markdown(_PROMISES, [_row(one) for one in kept]),
        *(f"- {fault}" for one in kept for fault in one.broken[:FAULTS]),
        markdown(("figure", "p50", "p99"), _figures(*found)),
        *(f"![{title}]({name}.svg)" for name, (title, _) in pictures.items()),
    ]
    text = "\n\n".join(parts) + "\n"
    (folder / "report.md").write_text(text, "utf-8")
    return text


_PROMISES = ("promise", "found", "")


def _row(promise: Promise) -> list[str]:
    return [promise.what, promise.found, "broken" if promise.broken else "kept"]


def _pictures(
    course: Course, watch: Watch, findings: Findings
) -> dict[str, tuple[str, list[Series]]]:
    looks = _looks(course, watch)

    def line(name: str, value: Callable[[Look], float]) -> Series:
        return Series(name, [(look.at - course.began, value(look)) for look in looks])

    def each(values: Callable[[Look], dict[str, float]], names: Iterable[str]) -> list[Series]:
        def of(name: str) -> Series:
            return line(name, lambda look: values(look).get(name, 0.0))

        return [of(name) for name in names]

    def quantiles(name: str) -> list[Series]:
        return [
            line("p50", lambda look: look.p50[name]),
            line("p99", lambda look: look.p99[name]),
        ]

    kinds = [kind for kind, _ in course.ledger.refusals.most_common(KINDS)]
    curve = Series("connected", _within(findings.curve, course))
    ages = Series("age", _highest(_within(findings.ages, course)))
    return {
        "connections": ("Dashboards connected", [curve]),
        "deliveries": ("Deliveries a second", [line("deliveries", lambda look: look.deliveries)]),
        "ingest": ("Ingest in the gateway, ms", quantiles("ingest")),
        "commit": ("A durable commit, ms", quantiles("commit")),
        "broker": ("Through Redis, ms, p99", [line("p99", lambda look: look.p99["broker"])]),
        "age": ("Oldest message that a dashboard got, s", [ages]),
        "cpu": ("CPU, cores", each(lambda look: look.cpu, PROGRAMS)),
        "memory": ("Memory, MB", each(lambda look: look.memory, PROGRAMS)),
        "errors": (
            "What devices had to send again for, a second",
            each(lambda look: {kind: float(n) for kind, n in look.errors.items()}, kinds),
        ),
    }  # fmt: skip


def _figures(course: Course, watch: Watch, findings: Findings) -> list[list[str]]:
    looks = _looks(course, watch)
    handshakes = [seconds * 1_000 for _, seconds in findings.handshakes]
    ages = [seconds * 1_000 for _, seconds in _within(findings.ages, course)]
    rows = {
        "deliveries a second": [look.deliveries for look in looks],
        "handshake, ms": handshakes,
        "age of a message at a dashboard, ms": ages,
        "ingest in the gateway, ms (p99 of each second)": [look.p99["ingest"] for look in looks],
        "a durable commit, ms (p99 of each second)": [look.p99["commit"] for look in looks],
        "through Redis, ms (p99 of each second)": [look.p99["broker"] for look in looks],
        **{f"CPU of {name}, cores": [look.cpu[name] for look in looks] for name in PROGRAMS},
        **{f"memory of {name}, MB": [look.memory[name] for look in looks] for name in PROGRAMS},
    }
    return [[name, *map(_short, _quantiles(values))] for name, values in rows.items()]


def _quantiles(values: Iterable[float]) -> tuple[float, float]:
    ordered = sorted(values) or [0.0]
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def _looks(course: Course, watch: Watch) -> list[Look]:
    return [look for look in watch.looks if course.began <= look.at <= course.ended]


def _within(points: Sequence[Point], course: Course) -> list[Point]:
    """Seconds from the course's beginning to its end."""
    return [(at - course.began, y) for at, y in points if course.began <= at <= course.ended]


def _highest(points: Sequence[Point]) -> list[Point]:
    """Of each second."""
    seconds: dict[int, float] = {}
    for at, value in points:
        seconds[int(at)] = max(value, seconds.get(int(at), 0.0))
    return sorted((float(second), value) for second, value in seconds.items())


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"  # noqa: PLR2004  (three digits say enough)
