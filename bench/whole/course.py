"""What happens: a calm quarter, a worker killed, a calm quarter, Redis restarted, a calm rest."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from auth.principal import Role
from bench.crowd.plan import Findings
from bench.crowd.process import Crowd
from bench.operation import Operation, arrived, misplaced, owed
from bench.whole.devices import measuring
from bench.whole.intruder import Intruders
from bench.whole.watch import Watch
from tests.chaos.kept import seen
from tests.chaos.ledger import Ledger, compare_received
from tests.chaos.stack import until
from tests.chaos.subscriber import Poller
from tests.chaos.troubles import health

PER_SECOND = 200
"""Dashboards that come at first."""
POLLERS = 4
"""Dashboards without a socket, each of another tenant."""
AWAY = 5.0
"""Seconds that Redis is."""
PATIENCE = 300.0
POLLED = "measurements"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Times are seconds since the epoch."""

    name: str
    began: float
    mended: float
    """From when on all parts were there again."""
    recovered: float
    """When all was as before; infinite, if it never was."""
    missed: str = ""
    """What never came, then."""


@dataclass(slots=True)
class Course:
    size: int
    began: float = 0.0
    """When the devices did."""
    ended: float = 0.0
    troubles: list[Trouble] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    intruders: Intruders = field(default_factory=Intruders)
    misplaced: list[str] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)
    """Faults of those who poll."""


async def run(operation: Operation, size: int, seconds: float) -> tuple[Course, Watch, Findings]:
    course = Course(size)
    watch = Watch(operation, course.ledger)
    await operation.stack.ready()
    with operation.crowd(size, size / PER_SECOND) as crowd:
        await arrived(crowd)
        pollers = await _busy(operation, crowd, course, watch, seconds)
        kept = await operation.kept()
        findings = await asyncio.to_thread(crowd.reckon, owed(kept))
    course.misplaced = misplaced(course.ledger, kept)
    for tenant, poller in zip(operation.tenants, pollers, strict=False):
        expected = seen(kept[tenant], POLLED)
        course.polled += poller.faults + compare_received(poller.name, poller.received, expected)
    return course, watch, findings


async def _busy(
    operation: Operation, crowd: Crowd, course: Course, watch: Watch, seconds: float
) -> list[Poller]:
    """All of them at work, until devices and pollers have what they wait for."""
    async with AsyncExitStack() as held:
        pollers = [await _poller(operation, held, tenant) for tenant in operation.tenants[:POLLERS]]
        runs = [watch.run(), course.intruders.run(operation), *(one.run() for one in pollers)]
        tasks = [asyncio.create_task(each) for each in runs]
        await until(lambda: all(one.started.is_set() for one in pollers), "pollers begin")
        async with measuring(operation, course.ledger):
            course.began = time.time()
            await _go(operation, crowd, course, seconds)
            course.ended = time.time()
        await asyncio.sleep(3)  # pollers ask for what came last
        for task in tasks:
            task.cancel()
    return pollers


async def _go(operation: Operation, crowd: Crowd, course: Course, seconds: float) -> None:
    troubles = ((0.25, _killed), (0.5, _without_redis))
    for share, trouble in troubles:
        await asyncio.sleep(max(0.0, course.began + share * seconds - time.time()))
        course.troubles.append(await trouble(operation, crowd))
    await asyncio.sleep(max(0.0, course.began + seconds - time.time()))


async def _killed(operation: Operation, crowd: Crowd) -> Trouble:
    """Nobody has to mend that."""
    began = time.time()
    os.kill(operation.stack.workers()[0], signal.SIGKILL)

    async def whole() -> None:
        await until(lambda: crowd.live < crowd.size, "somebody is cut off")
        await until(lambda: crowd.live == crowd.size, "all are back", PATIENCE)
        await operation.stack.ready()

    return Trouble("a worker killed", began, began, *await _when(whole))


async def _without_redis(operation: Operation, crowd: Crowd) -> Trouble:
    began = time.time()
    operation.redis.stop()
    await asyncio.sleep(AWAY)
    operation.redis.start()
    mended = time.time()

    async def whole() -> None:
        await health(operation.stack, "ready")
        await until(lambda: crowd.live == crowd.size, "nobody is cut off")

    return Trouble("Redis restarted", began, mended, *await _when(whole))


async def _when(whole: Callable[[], Awaitable[None]]) -> tuple[float, str]:
    """And what it waited for in vain."""
    try:
        await whole()
    except AssertionError as error:
        return float("inf"), str(error)
    return time.time(), ""


async def _poller(operation: Operation, held: AsyncExitStack, tenant: str) -> Poller:
    client = operation.stack.client(Role.DASHBOARD, f"{tenant}-poller", tenant)
    return Poller(f"poller of {tenant}", await held.enter_async_context(client), POLLED)
