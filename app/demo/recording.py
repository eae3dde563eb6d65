"""A recording, read whole: its rows by time, and why others were left out."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from math import isfinite
from pathlib import Path
from typing import Protocol

from app.demo.columns import Column, Columns, RecordingError, find_columns

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-"})


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    """Where it ends in the file, from 1."""
    at: float
    """Seconds since the epoch."""
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that holds nothing to send."""

    line: int
    reason: str
    """`no_value`, `bad_time`, `bad_number` or `malformed`."""


@dataclass(frozen=True, slots=True)
class Recording:
    rows: tuple[Row, ...]
    """By time; those of one time in the file's order."""
    skipped: tuple[Skipped, ...]
    without_zone: int
    """How many rows say no zone, so that one had to be taken for granted."""


def read_recording(
    path: Path, *, wanted: str | None = None, zone: tzinfo | None = None
) -> Recording:
    """Read a CSV file with a header, quoted or not, with or without a byte order mark.

    `wanted` is a map of columns (`find_columns`). Times without an offset are local times of `zone`
    (None: UTC). A header with one name fewer than the rows have cells means an index column first.
    Memory: about 0.5 KB a row. Raises RecordingError and OSError.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.reader(file), wanted, zone or UTC)
    except UnicodeDecodeError as error:
        raise RecordingError("the file is not UTF-8") from error
    except csv.Error as error:
        raise RecordingError("the file is not CSV") from error


class _Lines(Protocol):
    """A `csv.reader`."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...

    def __next__(self) -> list[str]: ...


def _read(lines: _Lines, wanted: str | None, zone: tzinfo) -> Recording:
    header = next(lines, None)
    if not header:
        raise RecordingError("the file is empty")
    columns = find_columns(header, wanted)
    rows: list[Row] = []
    skipped: list[Skipped] = []
    without_zone = width = 0
    for cells in lines:
        if not cells:
            continue
        width = width or _width(header, cells)
        if len(cells) != width:
            skipped.append(Skipped(lines.line_num, "malformed"))
            continue
        row = _row(cells[width - len(header) :], columns, zone)
        if isinstance(row, str):
            skipped.append(Skipped(lines.line_num, row))
            continue
        at, values, given = row
        rows.append(Row(lines.line_num, at, values))
        without_zone += given
    rows.sort(key=lambda row: row.at)
    return Recording(tuple(rows), tuple(skipped), without_zone)


def _width(header: Sequence[str], cells: Sequence[str]) -> int:
    """The first row decides whether there is an index column."""
    return len(header) + (len(cells) == len(header) + 1)


def _row(
    cells: Sequence[str], columns: Columns, zone: tzinfo
) -> tuple[float, dict[str, float], bool] | str:
    """Time, values, and whether the zone was taken for granted; or why there is nothing to send."""
    try:
        values = dict(_values(cells, columns.values))
    except ValueError:
        return "bad_number"
    if not values:
        return "no_value"
    try:
        time = datetime.fromisoformat(cells[columns.time].strip())
        given = time.tzinfo is None
        at = (time.replace(tzinfo=zone) if given else time).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return "bad_time"
    return at, values, given


def _values(cells: Sequence[str], columns: Sequence[Column]) -> Iterator[tuple[str, float]]:
    for column in columns:
        text = cells[column.index].strip()
        if text.lower() in _MISSING:
            continue
        value = float(text)
        if not isfinite(value):
            raise ValueError("no finite number")
        yield column.quantity, value if column.factor == 1 else round(value * column.factor, 6)
