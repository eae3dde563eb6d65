"""Two hundred devices: single measurements, batches, streams, and what an outage held back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import NamedTuple, Protocol

from iaqverse.wire import Place

from auth.principal import Role
from bench.operation import SITES, Operation
from tests.chaos.device import Device
from tests.chaos.ledger import Ledger
from tests.chaos.sensors import Sensors
from tests.chaos.stack import Stack
from tests.chaos.streamer import Streamer

HOUR = 3_600.0
SPEED = 20
"""An hour in three minutes."""
MINUTE = 60 / SPEED
POSTS, BATCHES, STREAMS, LATE = 15, 6, 3, 1
"""Of each tenant; 25 together."""
IN_A_BATCH, IN_A_FRAME, IN_A_BACKLOG = 20, 10, 60
"""Measurements, at most."""


class Who(NamedTuple):
    tenant: str
    number: int
    random: Random


class Sender(Protocol):
    sensors: Sensors

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` and the last answer."""


@asynccontextmanager
async def measuring(operation: Operation, ledger: Ledger) -> AsyncIterator[None]:
    """They measure until it is left, and then until each has its last receipt."""
    stop = asyncio.Event()
    async with AsyncExitStack() as held, asyncio.TaskGroup() as group:
        for tenant in operation.tenants:
            for number in range(POSTS + BATCHES + STREAMS + LATE):
                who = Who(tenant, number, Random(f"{tenant}-{number}"))  # noqa: S311  (jitter)
                sender = await _sender(operation.stack, held, ledger, who)
                group.create_task(_begin(sender, who.random.random() * MINUTE, stop))
        try:
            yield
        finally:
            stop.set()


async def _begin(sender: Sender, after: float, stop: asyncio.Event) -> None:
    """Not all of them at once."""
    await asyncio.sleep(after)
    await sender.run(stop)


async def _sender(stack: Stack, held: AsyncExitStack, ledger: Ledger, who: Who) -> Sender:
    """A sensor that posts each minute; hubs of four that send what five minutes gave, or hold a
    socket; one that has an hour to make up for.
    """
    tenant, number, random = who
    subject = f"{tenant}-device-{number}"
    sensors = Sensors(ledger, _places(subject, number, 1 if number < POSTS else 4))
    if number in range(POSTS + BATCHES, POSTS + BATCHES + STREAMS):
        url = stack.settings.origin.replace("https", "wss")
        token = stack.token(Role.DEVICE, subject, tenant)
        return Streamer(url, stack.tls, token, sensors, IN_A_FRAME, MINUTE, random)
    client = await held.enter_async_context(stack.client(Role.DEVICE, subject, tenant))
    if number < POSTS:
        return Device(client, sensors, 1, MINUTE, random)
    if number < POSTS + BATCHES:
        return Device(client, sensors, IN_A_BATCH, 5 * MINUTE, random)
    sensors.late = HOUR
    return Device(client, sensors, IN_A_BACKLOG, 5 * MINUTE, random)


def _places(subject: str, number: int, sensors: int) -> list[Place]:
    site, room = SITES[number % len(SITES)], f"Salle {number}"
    return [Place(site, room, f"{subject}-{sensor}") for sensor in range(sensors)]
