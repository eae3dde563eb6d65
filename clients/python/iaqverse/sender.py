"""What devices and services have in common: what waits is sent in the background."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Protocol, Self

from iaqverse.clock import Clock
from iaqverse.link import Link, open_client, trust

LINGER = 5.0
"""Seconds that the end waits for what is not answered yet."""

log = logging.getLogger("iaqverse")


class Waiting(Protocol):
    def __len__(self) -> int: ...

    async def flush(self, link: Link) -> None:
        """Send all, oldest first; what cannot be sent now stays."""


class Sender:
    """`async with`: at its end what waits is sent, for up to `LINGER` seconds.

    `url` is the gateway's origin, `ca` the authority of its certificate where the system has none.
    """

    def __init__(self, url: str, token: str, ca: Path | None, waiting: Waiting) -> None:
        self._waiting = waiting
        self._woken, self._idle = asyncio.Event(), asyncio.Event()
        self._client = open_client(url, trust(ca))
        clock = Clock.until(asyncio.Event())
        self._link = Link(self._client, token, clock, Random(), log.warning)  # noqa: S311  (jitter)

    @property
    def waiting(self) -> int:
        """How much the gateway has not answered."""
        return len(self._waiting)

    def _wake(self) -> None:
        self._idle.clear()
        self._woken.set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._send())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await self.flushed()
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._client.aclose()

    async def flushed(self) -> None:
        """Once all that waits is answered. Raise what ended the sending, should it have ended."""
        if self._waiting:
            idle = asyncio.create_task(self._idle.wait())
            try:
                await asyncio.wait((idle, self._task), return_when=asyncio.FIRST_COMPLETED)
            finally:
                idle.cancel()
        if self._task.done():
            self._task.result()

    async def _send(self) -> None:
        link = self._link
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                await self._waiting.flush(link)
                if self._waiting:
                    await link.clock.sleep(max(0.01, link.resume_at - link.clock.now()))
            self._idle.set()
