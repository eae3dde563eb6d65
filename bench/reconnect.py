"""`python -m bench.reconnect`: a crowd of dashboards is cut off, and comes back.

The real stack: nginx with TLS, two workers, Redis, PostgreSQL, and devices that go on measuring.
All workers are replaced as after an upgrade (SIGHUP), one is killed with -9, then nginx's workers
are, which cuts everybody at once. Every dashboard has to get every publication once, in order.
Writes the curve of those that are connected, as CSV and SVG; ends with 1 when something was lost or
a person would have seen an error.
"""

import argparse
import asyncio
import csv
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from random import Random
from typing import Any

from iaqverse.wire import Place

from app.stack.programs import ROOT
from auth.principal import Role
from bench.charts import Mark, Series, chart
from bench.crowd.plan import Findings
from bench.crowd.process import Crowd
from bench.operation import SITES, Operation, arrived, misplaced, operated, owed
from bench.tables import machine, markdown
from bench.tools import MissingError
from bench.usage import Others
from tests.chaos.device import Device
from tests.chaos.ledger import Ledger
from tests.chaos.sensors import Sensors
from tests.chaos.stack import until
from tests.chaos.troubles import replaced

TENANTS = 8
PAUSE = 1.0
"""Seconds between two measurements of a device; each tenant has one."""
PER_SECOND = 250
"""Dashboards that come at first."""
QUIET = 5.0
"""Seconds before each cut in which it is measured what deliveries take."""
PATIENCE = 300.0

Blow = Callable[[Operation], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Cut:
    """Times are seconds since the epoch."""

    name: str
    began: float
    back: float
    """When all were."""
    cpu: dict[str, float]
    """Seconds, by program, from its beginning until all were back, without what deliveries took."""

    @property
    def seconds(self) -> float:
        return self.back - self.began

    def within(self, noted: Sequence[tuple[float, float]]) -> list[float]:
        """What was noted meanwhile, sorted."""
        return sorted(value for at, value in noted if self.began <= at <= self.back)


@dataclass(frozen=True, slots=True)
class Storm:
    """What there is to report."""

    size: int
    cuts: Sequence[Cut]
    findings: Findings
    acknowledged: int
    misplaced: list[str]

    @property
    def faults(self) -> list[str]:
        seen = [f"{count} times {what}" for what, count in self.findings.seen.items()]
        return self.misplaced + self.findings.faults + seen


async def storm(operation: Operation, size: int, quiet: float = QUIET) -> Storm:
    """All cuts, one after the other, each once the crowd is whole."""
    await operation.stack.ready()
    with operation.crowd(size, size / PER_SECOND) as crowd:
        await arrived(crowd)
        async with _devices(operation) as ledger:
            cuts = [await _cut(operation, crowd, *blow, quiet) for blow in BLOWS.items()]
        kept = await operation.kept()
        findings = await asyncio.to_thread(crowd.reckon, owed(kept))
    return Storm(size, cuts, findings, len(ledger.acknowledged), misplaced(ledger, kept))


async def _cut(operation: Operation, crowd: Crowd, name: str, blow: Blow, quiet: float) -> Cut:
    await operation.stack.ready()
    before = _cpu(operation)
    await asyncio.sleep(quiet)
    start, began = _cpu(operation), time.time()
    task = asyncio.create_task(blow(operation))
    await until(lambda: crowd.live < crowd.size, "somebody is cut off")
    await task
    await until(lambda: crowd.live == crowd.size, "all are back", PATIENCE)
    back = time.time()
    share = (back - began) / quiet
    cpu = {
        which: seconds - start[which] - (start[which] - before[which]) * share
        for which, seconds in _cpu(operation).items()
    }
    return Cut(name, began, back, cpu)


async def _replace(operation: Operation) -> None:
    await replaced(operation.stack)


async def _kill(operation: Operation) -> None:
    os.kill(operation.stack.workers()[0], signal.SIGKILL)


async def _kill_nginx(operation: Operation) -> None:
    for pid in operation.stack.nginx_workers():
        os.kill(pid, signal.SIGKILL)


BLOWS: dict[str, Blow] = {
    "workers replaced": _replace,
    "a worker killed": _kill,
    "all cut at once": _kill_nginx,
}


def _cpu(operation: Operation) -> dict[str, float]:
    return {name: usage.cpu_seconds for name, usage in operation.usage().items()}


@asynccontextmanager
async def _devices(operation: Operation) -> AsyncIterator[Ledger]:
    """They measure until it is left, and then until each has its last receipt."""
    ledger, stop = Ledger(), asyncio.Event()
    async with AsyncExitStack() as held, asyncio.TaskGroup() as group:
        for number, tenant in enumerate(operation.tenants):
            places = [Place(site, "Bureau", f"{tenant}-{site}") for site in SITES]
            client = operation.stack.client(Role.DEVICE, f"device-{number}", tenant)
            await held.enter_async_context(client)
            sensors = Sensors(ledger, places)
            device = Device(client, sensors, 1, PAUSE, Random(number))  # noqa: S311  (jitter)
            group.create_task(device.run(stop))
        try:
            yield ledger
        finally:
            stop.set()


def main() -> int:
    arguments, others = _arguments(), Others()
    try:
        with operated(TENANTS) as operation:
            result = asyncio.run(storm(operation, arguments.size))
    except MissingError as error:
        sys.stderr.write(f"not run: {error}\n")
        return 0
    write(result, arguments.folder)
    sys.stdout.write(f"{told(result)}{machine(others.share())}\n")
    return 1 if result.faults else 0


def told(result: Storm) -> str:
    findings = result.findings
    ends = ", ".join(f"{count} {how}" for how, count in findings.ends.most_common())
    each = findings.cpu / len(findings.handshakes) * 1_000
    kept = f"{result.acknowledged} measurements acknowledged"
    lines = [
        markdown(_HEAD, map(_row, result.cuts, repeat(findings))),
        f"{kept}, {findings.received} messages delivered.",
        f"Ends of connections and of attempts at one: {ends}.",
        f"The crowd itself took {each:.2f} ms a handshake.",
        *(f"fault: {fault}" for fault in result.faults),
        f"{result.size} dashboards: {len(result.faults)} faults.",
    ]
    return "\n".join(lines) + "\n"


_HEAD = (
    "cut", "cut off", "away p50 s", "longest s", "all back s", "handshakes", "p50 s", "p99 s",
    "ms of gateway", "of nginx",
)  # fmt: skip


def _row(cut: Cut, findings: Findings) -> list[str]:
    handshakes, absences = cut.within(findings.handshakes), cut.within(findings.absences)
    cpu = [f"{cut.cpu[which] / len(handshakes) * 1_000:.2f}" for which in ("gateway", "nginx")]
    return [
        cut.name,
        f"{len(absences)}",
        *_seconds(absences[len(absences) // 2], absences[-1], cut.seconds),
        f"{len(handshakes)}",
        *_seconds(*(handshakes[len(handshakes) * share // 100] for share in (50, 99))),
        *cpu,
    ]


def _seconds(*values: float) -> list[str]:
    return [f"{value:.2f}" for value in values]


def write(result: Storm, folder: Path) -> None:
    """The curve as `reconnect.csv` and `reconnect.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    start = result.cuts[0].began - QUIET
    curve = [(at - start, live) for at, live in result.findings.curve if at >= start]
    with (folder / "reconnect.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("seconds", "connected"), *curve])
    marks = [Mark(cut.began - start, cut.name) for cut in result.cuts]
    title = f"{result.size} dashboards: connected and caught up"
    (folder / "reconnect.svg").write_text(chart(title, [Series("connected", curve)], marks))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reconnect", description=__doc__)
    parser.add_argument("--size", type=int, default=5_000, help="dashboards (5000)")
    folder = ROOT / "var" / "reconnect"
    parser.add_argument("--folder", type=Path, default=folder, help="for the curve (var/reconnect)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
