"""What devices and services have in common: what waits is sent in the background."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Protocol, Self

from iaqverse.clock import Clock
from iaqverse.link import GetToken, Link, open_client, trust

LINGER = 5.0
"""Seconds that the end waits for what is not answered yet."""

log = logging.getLogger("iaqverse")


class Waiting(Protocol):
    def __len__(self) -> int: ...

    async def flush(self, link: Link) -> None:
        """Send all, oldest first; what cannot be sent now stays."""


class TokenRefusedError(Exception):
    """The gateway does not take the token: `code` says why. What waits is kept, and tried again."""

    def __init__(self, code: str, waiting: int) -> None:
        super().__init__(f"the token is refused ({code}); {waiting} wait")
        self.code = code


class Sender:
    """`async with`: at its end what waits is sent, for up to `LINGER` seconds.

    `url` is the gateway's origin, `ca` the authority of its certificate where the system has none.
    `token` may be a function that gives one, asked anew when the old one is not taken any more.
    While none is taken, `flushed` and the end raise `TokenRefusedError`; the end does so only where
    nothing else was raised.
    """

    def __init__(self, url: str, token: str | GetToken, ca: Path | None, waiting: Waiting) -> None:
        self._waiting = waiting
        self._get_token = None if isinstance(token, str) else token
        self._refused: str | None = None
        """The code, while the gateway takes no token."""
        self._woken, self._settled = asyncio.Event(), asyncio.Event()
        self._client = open_client(url, trust(ca))
        clock = Clock.until(asyncio.Event())
        known = token if isinstance(token, str) else ""
        self._link = Link(self._client, known, clock, Random(), log.warning)  # noqa: S311  (jitter)

    @property
    def waiting(self) -> int:
        """How much the gateway has not answered."""
        return len(self._waiting)

    def _wake(self) -> None:
        self._settled.clear()
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
        passed_over: list[type[Exception]] = [TimeoutError]
        if error is not None:
            passed_over.append(TokenRefusedError)
        try:
            with suppress(*passed_over):
                async with asyncio.timeout(LINGER):
                    await self.flushed()
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._client.aclose()

    async def flushed(self) -> None:
        """Once all that waits is answered.

        Raise `TokenRefusedError`, and what ended the sending, should it have ended.
        """
        if self._waiting and self._refused is None:
            settled = asyncio.create_task(self._settled.wait())
            try:
                await asyncio.wait((settled, self._task), return_when=asyncio.FIRST_COMPLETED)
            finally:
                settled.cancel()
        if self._task.done():
            self._task.result()
        if self._waiting and self._refused is not None:
            raise TokenRefusedError(self._refused, self.waiting)

    async def _send(self) -> None:
        link = self._link
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                self._settled.clear()
                await self._flush()
                if self._waiting:
                    if self._refused is not None:
                        self._settled.set()
                    await link.clock.sleep(max(0.01, link.resume_at - link.clock.now()))
            self._settled.set()

    async def _flush(self) -> None:
        """With another token, where there is one and the first is not taken."""
        link = self._link
        if link.token or self._get_token is None:
            await self._waiting.flush(link)
        if self._get_token is not None and (link.token_refused or not link.token):
            await self._renew(self._get_token)
            await self._waiting.flush(link)
        self._refused = link.token_refused

    async def _renew(self, get_token: GetToken) -> None:
        """Who cannot give one now is asked again later: what waits is not lost for that."""
        try:
            self._link.renew(await get_token())
        except Exception:
            log.exception("who is asked for a token failed")
            self._link.refuse_token("no_token")
