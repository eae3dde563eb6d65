"""What a run prints: Markdown tables that read as they are."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.figures import Figure, figures
from bench.results import Result
from bench.workloads import SUBSCRIBERS, Flow

NONE = "-"
BUSY_CLIENT = "*"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """First column to the left, numbers to the right, every column as wide as its widest cell."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(line, widths) for line in (lines[0], rule, *lines[1:]))


def machine(others: float) -> str:
    """What it was measured on; `others` is the share of all cores that went to other programs."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    return (
        f"{os.cpu_count()} cores of {model[1] if model else platform.machine()}, "
        f"Linux {platform.release().partition('-')[0]}, Python {platform.python_version()}; "
        f"other programs took {others:.0%} of all cores meanwhile."
    )


def report(results: Sequence[Result]) -> str:
    parts = [
        _section(f"Fan-out to {SUBSCRIBERS} subscribers", _FANOUT, _fanout_rows(results)),
        _section("Connections", _CONNECTIONS, _connection_rows(results)),
        _section("50 dashboards, 10 messages a second, TLS", _PACED, _dashboard_rows(results)),
        _section("Ingest, nobody listening", _INGEST, _ingest_rows(results)),
        _section("Figures", _FIGURES, judged(figures(results))),
    ]
    skipped = [f"Skipped: {_name(one)}: {one.skipped}" for one in results if one.skipped]
    return "\n\n".join(part for part in (*parts, *skipped) if part)


_FANOUT = (
    "server", "published by",
    "one: µs", "p50 ms", "p99 ms",
    "32x1: k/s", "µs", "p50 ms", "p99 ms",
    "32x16: k/s", "µs", "p50 ms", "p99 ms",
)  # fmt: skip
_CONNECTIONS = (
    "server", "KB each", "of it nginx", "handshake: new ms", "seen ms", "handshakes/s",
)  # fmt: skip
_PACED = ("server", "p50 ms", "p99 ms", "CPU %")
_INGEST = ("server", "single: /s", "µs", "/s and core", "batches: /s", "µs", "/s and core")
_FIGURES = ("figure", "goal", "measured", "")


def _fanout_rows(results: Sequence[Result]) -> Iterable[list[str]]:
    for result in results:
        for one in result.fanouts:
            row = [_name(result), one.feed, f"{one.one.per_delivery_us:.1f}", *_ages(one.one)]
            for flow in (one.many, one.batched):
                row += [_rate(flow), f"{flow.per_delivery_us:.2f}", *_ages(flow)] if flow else _GAP
            yield row


_GAP = [NONE] * 4


def _connection_rows(results: Sequence[Result]) -> Iterable[list[str]]:
    for result in results:
        if result.openings:
            first, last = result.openings[0], result.openings[-1]
            yield [
                _name(result),
                f"{last.kilobytes():.1f}",
                f"{last.kilobytes(result.split):.1f}" if result.split else NONE,
                f"{first.handshake_ms:.2f}",
                f"{last.handshake_ms:.2f}" if last is not first else NONE,
                f"{last.handshakes_per_second:.0f}",
            ]


def _dashboard_rows(results: Sequence[Result]) -> Iterable[list[str]]:
    for result in results:
        if flow := result.dashboards:
            busy = flow.usage.cpu_seconds / flow.measured.seconds
            yield [_name(result), *_ages(flow), f"{busy:.1%}"]


def _ingest_rows(results: Sequence[Result]) -> Iterable[list[str]]:
    for result in results:
        if result.ingest:
            row = [_name(result)]
            for flow in result.ingest:
                rate = flow.measured.sent / flow.measured.seconds
                cost = flow.per_message_us
                row += [f"{rate:.0f}", f"{cost:.0f}", f"{1e6 / cost:.0f}"]
            yield row


def judged(found: Iterable[Figure]) -> Iterable[list[str]]:
    """A row for each: what, its goal, what was measured, the verdict."""
    for one in found:
        sign = "≥" if one.at_least else "≤"
        verdict = "reached" if one.reached else "not reached"
        yield [one.what, f"{sign} {_round(one.goal)} {one.unit}", _round(one.measured), verdict]


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    listed = list(rows)
    return f"### {title}\n\n{markdown(head, listed)}" if listed else ""


def _name(result: Result) -> str:
    return f"{result.peer.name}, TLS" if result.peer.tls else result.peer.name


def _ages(flow: Flow) -> list[str]:
    return [f"{flow.measured.p50_ms:.1f}", f"{flow.measured.p99_ms:.1f}"]


def _rate(flow: Flow) -> str:
    return f"{flow.deliveries_per_second / 1000:.0f}{BUSY_CLIENT * flow.client_was_busy}"


def _round(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")  # noqa: PLR2004  (three digits say enough)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"
