"""A recording replayed by the real command, and what the file itself says must come of it."""

import asyncio
import csv
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from app.stack.programs import ROOT
from auth.principal import Role
from tests.chaos.kept import LONG_AGO
from tests.chaos.load import EVERYTHING
from tests.chaos.stack import TENANT, Stack, until
from tests.chaos.subscriber import Poller

COLUMNS = {
    "co2__ppm": ("CO2", 1),
    "temp_in__degC": ("Temperature", 1),
    "rel_humidity__0": ("Humidity", 100),
    "CO2": ("CO2", 1),
    "Temperature": ("Temperature", 1),
    "Humidity": ("Humidity", 1),
}
RECORDINGS = Path(os.environ.get("IAQ_RECORDINGS", ROOT.parent / "shared" / "data"))
NO_RECORDINGS = frozenset({"b4b_rooms.csv"})
REFUSED = "refused.csv"
REPLAY_TAKES = 180.0
Values = dict[str, float]


@dataclass(slots=True)
class Expected:
    """By the file alone: what a gateway keeps of it, and which rows it has to refuse and why."""

    kept: dict[int, Values] = field(default_factory=dict)
    """By time in milliseconds; of several rows of one time the first."""
    rows: int = 0
    repeated: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    """By line."""

    @classmethod
    def of(cls, path: Path) -> "Expected":
        expected = cls()
        for line, at_ms, values in _rows(path):
            expected.rows += 1
            if not values:
                expected.reasons[line] = "skipped: no_value"
            elif expected.kept.setdefault(at_ms, values) != values:
                expected.reasons[line] = "refused: measurement_exists"
            else:
                expected.repeated += 1
        expected.repeated -= len(expected.kept)
        return expected


@dataclass(slots=True)
class Replayed:
    name: str
    expected: Expected
    counts: Mapping[str, int]
    """As the command says them."""
    records: int
    polled: int
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        listed = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return (
            f"{self.name}: {self.expected.rows} rows, {listed}; {self.records} in the history, "
            f"{self.polled} polled, {len(self.faults)} faults"
            + "".join(f"\n  {fault}" for fault in self.faults)
        )


def found() -> list[Path]:
    """Every recording that this machine has."""
    return sorted(path for path in RECORDINGS.glob("*.csv") if path.name not in NO_RECORDINGS)


async def replay(path: Path, kills: int, stack: Stack) -> Replayed:
    """Kill the gateway in the middle of it, so many times evenly spread."""
    expected = Expected.of(path)
    async with AsyncExitStack() as held:
        await stack.ready()
        dashboard = await held.enter_async_context(stack.client(Role.DASHBOARD))
        poller = Poller("poller", dashboard, f"{EVERYTHING}:Replay/{path.stem}")
        polling = asyncio.create_task(poller.run())
        await until(poller.started.is_set, "the poller listens")
        command = await _command(stack, path)
        try:
            for number in range(kills):
                await _reached(poller, len(expected.kept) * (number + 1) // (kills + 1))
                stack.kill_gateway()
                stack.start_gateway()
            _, said = await asyncio.wait_for(command.communicate(), REPLAY_TAKES)
        finally:
            if command.returncode is None:
                command.kill()
        assert command.returncode == 0, said.decode()
        await _reached(poller, len(expected.kept))
        polling.cancel()
        records = await _records(dashboard, path.stem)
    counts = {name: int(number.replace(",", "")) for number, name in _COUNT.findall(said.decode())}
    replayed = Replayed(path.name, expected, counts, len(records), len(poller.received))
    replayed.faults += poller.faults + _faults(expected, counts, records)
    if _listed(stack) != expected.reasons:
        replayed.faults.append("other rows are listed as refused than the file makes")
    if len({seen.position for seen in poller.received}) < len(poller.received):
        replayed.faults.append("polled twice")
    return replayed


async def _reached(poller: Poller, count: int) -> None:
    await until(lambda: len(poller.received) >= count, f"{count} are polled", REPLAY_TAKES)


_COUNT = re.compile(r"^ *([0-9,]+)  (.+)$", re.MULTILINE)


def _faults(
    expected: Expected, counts: Mapping[str, int], records: list[tuple[int, Values]]
) -> list[str]:
    faults = []
    listed = {
        name: count for name, count in counts.items() if name.startswith(("refused", "skipped"))
    }
    if listed != Counter(expected.reasons.values()):
        faults.append(f"counted {listed}, in the file {Counter(expected.reasons.values())}")
    if counts["stored"] + counts["duplicate"] != len(expected.kept) + expected.repeated:
        faults.append(f"{len(expected.kept)} to keep and {expected.repeated} repeated")
    if len(records) != len(expected.kept) or dict(records) != expected.kept:
        kept = dict(records)
        other = [(at, kept.get(at)) for at in expected.kept if kept.get(at) != expected.kept[at]]
        faults.append(f"history: {len(records)} records, {len(other)} not so, as {other[:2]}")
    return faults


def _listed(stack: Stack) -> dict[int, str]:
    with (stack.folder / REFUSED).open(encoding="utf-8", newline="") as file:
        return {int(row["line"]): row["reason"] for row in csv.DictReader(file)}


async def _command(stack: Stack, path: Path) -> asyncio.subprocess.Process:
    words = ["-m", "app", "demo", "--csv", str(path), "--tenant", TENANT, "--refused", REFUSED]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=stack.folder,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


async def _records(dashboard: httpx2.AsyncClient, sensor: str) -> list[tuple[int, Values]]:
    params: dict[str, str | int] = {"sensor_id": sensor, "start": LONG_AGO, "limit": 1_000_000}
    answer = await dashboard.get("/api/iaq/data", params=params)
    return [
        (_ms(datetime.fromisoformat(record["timestamp"])), record["values"])
        for record in answer.raise_for_status().json()
    ]


def _rows(path: Path) -> list[tuple[int, int, Values]]:
    """Lines in order of time, as a replay sends them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    header, rows = lines[0], []
    for line, cells in enumerate(lines[1:], 2):
        named = dict(zip(header, cells[len(cells) - len(header) :], strict=True))
        time = datetime.fromisoformat(named.get("timestamp") or named["date"])
        values = {
            quantity: _scaled(float(named[column]), factor)
            for column, (quantity, factor) in COLUMNS.items()
            if named.get(column) and math.isfinite(float(named[column]))
        }
        rows.append((line, _ms(time if time.tzinfo else time.replace(tzinfo=UTC)), values))
    return sorted(rows, key=lambda row: row[1])


def _scaled(value: float, factor: int) -> float:
    return value if factor == 1 else round(value * factor, 6)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
