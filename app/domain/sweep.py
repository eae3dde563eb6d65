"""The one timer for all connections: heartbeats, idle ends, token expiry, those who never read."""

import asyncio
import contextlib
import time

import structlog

from app.domain.desk import Desk

INTERVAL = 1.0
"""Seconds between sweeps: how late a deadline may be noticed."""

log = structlog.get_logger()


class Sweep:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reported = (0, 0, 0)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            self.tick(time.monotonic())

    def tick(self, now: float) -> None:
        for subscriber in tuple(self._desk.live):
            subscriber.connection.expire_close(now)
            subscriber.tick(now)
        self._report()

    def _report(self) -> None:
        """Say what went out since the last sweep: a line per message would cost more than it."""
        hub, desk = self._desk.hub, self._desk
        counts = (hub.publications, hub.deliveries, desk.pongs)
        messages, deliveries, pongs = (
            count - reported for count, reported in zip(counts, self._reported, strict=True)
        )
        self._reported = counts
        if messages:
            log.info(
                "WebSocket broadcast",
                messages=messages,
                deliveries=deliveries,
                clients=len(desk.live),
            )
        if pongs:
            log.info("WebSocket pong", received=pongs)


async def drain(desk: Desk, grace: float) -> None:
    """Tell everyone that the gateway restarts; those who have not gone after `grace` are cut."""
    desk.draining = True
    for subscriber in tuple(desk.live):
        if subscriber.connection.paused:
            subscriber.connection.abort()
        else:
            subscriber.shutdown()
    if desk.live:
        desk.emptied.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(desk.emptied.wait(), grace)
    for subscriber in tuple(desk.live):
        subscriber.connection.abort()
