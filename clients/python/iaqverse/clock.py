"""Time as the client sees it; a test passes its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Clock:
    sleep: Sleep
    now: Callable[[], float] = time.time
    """Seconds since the epoch."""

    @classmethod
    def until(cls, stop: asyncio.Event) -> "Clock":
        """The real clock, whose sleeps `stop` ends at once."""

        async def sleep(seconds: float) -> None:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)

        return cls(sleep)
