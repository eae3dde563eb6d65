"""What the store needs done beside: hourly and daily means made, what is past let go of."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from app.domain.hub import Hub
from app.errors import UnavailableError
from app.storage.base import Retention, Store

ROLL_UP_INTERVAL = 2.0
"""Seconds between looks for new measurements; each history of means adds up what is newer."""
PRUNE_INTERVAL = 60.0
REST = 3
"""Times as long as a part took, the store is left to its senders before the next part."""

log = structlog.get_logger()


class Upkeep:
    """`clock` gives wall time in seconds."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        retention: Retention,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._hub = hub
        self._retention = retention
        self._clock = clock
        self._prune_at = 0.0
        self.behind = 0
        """Publications that are not part of the means yet."""
        self.pruned = 0
        """Publications and means let go of."""
        self.since_ms = 0
        """When the oldest publication of any tenant was received; 0 without one."""

    async def run(self) -> None:
        """Until cancelled. While the store does not answer, nothing is lost by waiting."""
        while True:
            try:
                await self._look()
            except UnavailableError:
                log.warning("the store's upkeep waits")
            await asyncio.sleep(ROLL_UP_INTERVAL)

    async def roll_up(self) -> None:
        """Take all that is new into the means, part by part."""
        while await self._resting(self._roll_up):
            pass

    async def prune(self) -> None:
        """Let go of all that is past, part by part; sockets learn how far back they may ask."""
        while await self._resting(self._prune):
            pass

    async def _look(self) -> None:
        await self.roll_up()
        if time.monotonic() >= self._prune_at:
            await self.prune()
            self._prune_at = time.monotonic() + PRUNE_INTERVAL

    async def _roll_up(self) -> bool:
        self.behind = await self._store.roll_up()
        return self.behind > 0

    async def _prune(self) -> bool:
        pruned = await self._store.prune(self._retention, int(self._clock() * 1000))
        self.pruned += pruned.rows
        self.since_ms = pruned.since_ms
        for tenant, oldest in pruned.oldest.items():
            channel = self._hub.channel(tenant)
            if channel is not None:
                channel.lost(oldest)
        return pruned.more

    async def _resting(self, part: Callable[[], Awaitable[bool]]) -> bool:
        began = time.monotonic()
        more = await part()
        if more:
            await asyncio.sleep(REST * (time.monotonic() - began))
        return more
