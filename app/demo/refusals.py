"""The rows of a recording that did not become measurements, one by one."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iaqverse.wire import timestamp

LISTED = 20
"""On the screen; a file gets all of them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    line: int
    """Where its row ends in the file, from 1."""
    reason: str
    """As in the counts: `skipped: …` here, `refused: …` by the gateway."""
    at: float | None = None
    """The row's own time; None where it has none."""
    message: str = ""
    """What the gateway said."""

    @property
    def time(self) -> str:
        return "" if self.at is None else timestamp(self.at)


def shown(refusals: Sequence[Refusal]) -> Iterator[str]:
    """For people, a line each, up to `LISTED`."""
    for each in refusals[:LISTED]:
        parts = (f"line {each.line:,}", each.time, each.reason, each.message)
        yield ", ".join(part for part in parts if part)
    if len(refusals) > LISTED:
        yield f"and {len(refusals) - LISTED:,} more rows: --refused FILE lists them all"


def write(path: Path, refusals: Sequence[Refusal]) -> None:
    """As CSV, with a header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "timestamp", "reason", "message"))
        writer.writerows((each.line, each.time, each.reason, each.message) for each in refusals)
