"""Inside the crowd's process: everyone comes, stays, and gets what it is owed."""

import asyncio
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import uvloop

from bench.crowd.dashboard import Dashboard, Door, Notes
from bench.crowd.plan import Findings, Plan
from bench.crowd.reckoning import reckoned

LOOK = 0.1
"""Seconds between two looks at how many are live."""
NAP, AWAKE = 3.0, 3.0
"""Seconds that a slow dashboard reads nothing, and that it reads."""
TIMED = 50
"""Each so many notes ages."""


def work(pipe: Connection, live: Any, plan: Plan) -> None:
    """Until asked, by what is owed, for the findings. `live` is a shared number."""
    with suppress(KeyboardInterrupt):
        uvloop.run(_stay(pipe, live, plan))


async def _stay(pipe: Connection, live: Any, plan: Plan) -> None:
    notes = Notes()
    asyncio.get_running_loop().set_exception_handler(_ignore)
    dashboards = _dashboards(plan, notes)
    slow = [one for one, who in zip(dashboards, plan.viewers, strict=True) if who.slow]
    curve: list[tuple[float, int]] = []
    apart = plan.spread / len(dashboards)
    tasks = [asyncio.create_task(_come(one, apart * n)) for n, one in enumerate(dashboards)]
    tasks += [asyncio.create_task(_nod(slow)), asyncio.create_task(_look(notes, live, curve))]
    faults = await reckoned(dashboards, await asyncio.to_thread(pipe.recv))
    received = sum(len(one.received) for one in dashboards)
    times = (curve, notes.handshakes, notes.absences, notes.ages)
    counts = (+notes.ends, +notes.seen, received, faults)
    pipe.send(Findings(*times, *counts, time.process_time()))
    for task in tasks:
        task.cancel()


def _dashboards(plan: Plan, notes: Notes) -> list[Dashboard]:
    door = Door(plan.port, ssl.create_default_context(cafile=plan.authority))
    return [
        Dashboard(door, who.tenant, who.token, who.topic, Random(n), notes, timed=not n % TIMED)  # noqa: S311  (jitter)
        for n, who in enumerate(plan.viewers)
    ]


def _ignore(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a handshake that was given up leaves in uvloop; the attempt is noted by then."""


async def _come(dashboard: Dashboard, after: float) -> None:
    await asyncio.sleep(after)
    await dashboard.run()


async def _look(notes: Notes, live: Any, curve: list[tuple[float, int]]) -> None:
    while True:
        live.value = notes.live
        curve.append((time.time(), notes.live))
        await asyncio.sleep(LOOK)


async def _nod(slow: Sequence[Dashboard]) -> None:
    """They read nothing for a while, all at once, again and again."""
    while slow:
        await asyncio.sleep(AWAKE)
        napping = [one.transport for one in slow if one.transport]
        for transport in napping:
            transport.pause_reading()
        await asyncio.sleep(NAP)
        for transport in napping:
            transport.resume_reading()
