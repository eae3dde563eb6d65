"""Devices, sockets and a poller at work while something happens; then the reckoning."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from iaqverse.wire import Place

from app.protocol.topics import TopicFilter
from auth.principal import Role
from tests.chaos.device import Device
from tests.chaos.kept import history, seen, stored
from tests.chaos.ledger import Ledger, compare_received
from tests.chaos.sensors import Sensors
from tests.chaos.stack import Stack, until
from tests.chaos.streamer import Streamer
from tests.chaos.subscriber import Poller, Reader, Subscriber

MOST_IN_A_BATCH = 20
SIZES = (1, 1, 1, MOST_IN_A_BATCH, MOST_IN_A_BATCH)
"""Of each device: how many measurements it sends at once at most."""
STREAMS = 2
"""Further devices, each with a socket of its own."""
MOST_IN_A_FRAME = 10
PAUSE = 0.004
EVERYTHING, ONE_SITE = "measurements", "measurements:Maison"
TOPICS = (EVERYTHING, EVERYTHING, ONE_SITE)
"""Of each socket."""
SITES = ("Maison", "Boutique")
CATCHING_UP = 60.0
"""Seconds that a reader gets for what it still lacks at the end."""
LEAST_BEFORE = 50
"""Acknowledgements before anything happens."""


@dataclass(slots=True)
class Report:
    """`str` is a line of figures, and a line for each fault."""

    name: str
    times: int
    ledger: Ledger
    readers: Sequence[Reader]
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        ledger = self.ledger
        reconnects = sum(reader.reconnects for reader in self.readers)
        refusals = ", ".join(f"{count} {name}" for name, count in ledger.refusals.most_common())
        return (
            f"{self.times} {self.name}: {len(ledger.acknowledged)} acknowledged, "
            f"{ledger.resent} resent ({refusals}), {ledger.duplicates} duplicates answered, "
            f"{reconnects} reconnects, longest outage {ledger.longest_outage:.1f} s, "
            f"{len(self.faults)} faults" + "".join(f"\n  {fault}" for fault in self.faults)
        )


class Sender(Protocol):
    """Whoever sends until it is answered."""

    sensors: Sensors

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` and the last answer."""


Trouble = Callable[[Stack, Ledger], Awaitable[int]]
"""Does something to the stack, again and again; answers how often."""


async def under_load(name: str, trouble: Trouble, stack: Stack) -> Report:
    """Let it happen while all are at work, let them finish, end the gateway, compare."""
    report = Report(name, 0, Ledger(), [])
    async with AsyncExitStack() as held:
        await stack.ready()
        posting = [await _device(stack, held, report.ledger, n) for n in range(len(SIZES))]
        streaming = [_streamer(stack, report.ledger, n) for n in range(STREAMS)]
        devices: list[Sender] = [*posting, *streaming]
        report.readers = [_subscriber(stack, n) for n in range(len(TOPICS))]
        dashboard = await held.enter_async_context(stack.client(Role.DASHBOARD))
        report.readers = [*report.readers, Poller("poller", dashboard, EVERYTHING)]
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(reader.run()) for reader in report.readers]
            await until(lambda: all(r.started.is_set() for r in report.readers), "all listen")
            await _send_through(devices, report, lambda: trouble(stack, report.ledger))
            await _caught_up(devices, report)
            for task in reading:
                task.cancel()
        sensors = [place.sensor_id for device in devices for place in device.sensors.places]
        records = await history(dashboard, sensors)
    stack.stop_gateway()
    await _compare(stack, report)
    report.faults += report.ledger.compare_history(records)
    return report


async def _send_through(
    devices: Sequence[Sender], report: Report, trouble: Callable[[], Awaitable[int]]
) -> None:
    """Until every request that was begun has its answer."""
    ledger, stop = report.ledger, asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for device in devices:
            group.create_task(device.run(stop))
        await until(lambda: len(ledger.acknowledged) >= LEAST_BEFORE, "the first receipts")
        try:
            report.times = await trouble()
        except AssertionError as error:
            report.faults.append(str(error))
        stop.set()
        await until(lambda: ledger.sent == ledger.acknowledged.keys(), "the last receipts")


async def _caught_up(devices: Sequence[Sender], report: Report) -> None:
    """A reader that lost something is not waited for: the comparison says what."""
    site = {place.sensor_id: place for device in devices for place in device.sensors.places}
    for reader in report.readers:
        topic = TopicFilter.parse(reader.topic)
        wanted = sum(
            topic.enseigne in (None, site[one.sensor_id].enseigne)
            for one in report.ledger.acknowledged
        )
        if not await _reaches(reader, wanted):
            report.faults.append(f"{reader.name}: not caught up")


async def _reaches(reader: Reader, count: int) -> bool:
    try:
        await until(lambda: len(reader.received) >= count, "all is received", CATCHING_UP)
    except AssertionError:
        return False
    return True


async def _compare(stack: Stack, report: Report) -> None:
    publications = await stored(stack)
    report.faults += report.ledger.faults
    report.faults += report.ledger.compare_kept(seen(publications, EVERYTHING))
    for reader in report.readers:
        expected = seen(publications, reader.topic)
        report.faults += reader.faults + compare_received(reader.name, reader.received, expected)


async def _device(stack: Stack, held: AsyncExitStack, ledger: Ledger, number: int) -> Device:
    """One that sends batches has more sensors than one that sends single measurements."""
    most = SIZES[number]
    places = [
        Place(SITES[number % 2], f"Bureau {number}", f"sensor-{number}-{sensor}")
        for sensor in range(1 if most == 1 else 4)
    ]
    client = await held.enter_async_context(stack.client(Role.DEVICE, f"device-{number}"))
    return Device(client, Sensors(ledger, places), most, PAUSE, Random(number))  # noqa: S311  (jitter)


def _streamer(stack: Stack, ledger: Ledger, number: int) -> Streamer:
    places = [Place(SITES[number % 2], "Cave", f"stream-{number}-{sensor}") for sensor in range(4)]
    token = stack.token(Role.DEVICE, f"stream-{number}")
    url = stack.settings.origin.replace("https", "wss")
    sensors = Sensors(ledger, places)
    return Streamer(url, stack.tls, token, sensors, MOST_IN_A_FRAME, PAUSE, Random(number))  # noqa: S311  (jitter)


def _subscriber(stack: Stack, number: int) -> Subscriber:
    name = f"subscriber-{number}"
    token = stack.token(Role.DASHBOARD, name)
    url = stack.settings.origin.replace("https", "wss")
    return Subscriber(name, url, stack.tls, token, TOPICS[number], Random(number))  # noqa: S311  (jitter)
