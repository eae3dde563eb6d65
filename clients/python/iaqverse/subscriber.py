"""A subscriber: every message once and in order, whatever happens to its connection."""

import asyncio
import json
import logging
import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from iaqverse.clock import Clock
from iaqverse.link import GetToken, trust

Message = dict[str, Any]

TERMINAL = frozenset({4400, 4403, 4410})
"""Close codes after which coming back is of no use (docs/protocol.md §4.5)."""
TOKEN_ENDED = 4401
_REFUSED = frozenset({400, 401, 403, 404})
_BACKOFF_LEAST, _BACKOFF_MOST = 0.5, 30.0
_GREETING = 10.0
_STABLE = 5.0
"""Seconds after which a connection was a good one: the back-off starts over."""
_RETRY_AFTER = re.compile(r"retry_after=(\d+(?:\.\d+)?)\Z")

log = logging.getLogger("iaqverse")


class SubscriptionEndedError(Exception):
    """The gateway will not have it back: `code` is a close code, or an HTTP status."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code


class _ComeBackError(Exception):
    """Another connection is of use, not sooner than in `seconds`; the one that is open is not."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Subscriber:
    """`async for` gives messages until the loop is left.

    `token` is a dashboard's, or a function that gives one, asked anew when the old one has ended.
    `after` is a position to go on from, `gap` is called where something after it is past its
    retention. Raise `SubscriptionEndedError`.
    """

    def __init__(
        self,
        url: str,
        token: str | GetToken,
        *,
        topics: Iterable[str] = ("all",),
        after: str | None = None,
        ca: Path | None = None,
        gap: Callable[[], None] = lambda: None,
    ) -> None:
        scheme, _, rest = url.rstrip("/").partition("://")
        self._url = f"{'wss' if scheme == 'https' else 'ws'}://{rest}/ws"
        self._trust = trust(ca) if scheme == "https" else None
        self._token = token
        self._topics = list(topics)
        self._gap = gap
        self._random = Random()  # noqa: S311  (jitter)
        self._clock = Clock(asyncio.sleep)
        self._failures = 0
        self._greeted_at = math.inf
        self.position = after
        """Of the last message that was given out, or where the first connection began."""

    async def __aiter__(self) -> AsyncGenerator[Message]:
        while True:
            try:
                async with self._connect(await self._current_token()) as socket:
                    async for message in self._messages(socket):
                        yield message
            except _ComeBackError as told:
                pause = max(told.seconds, self._back_off())
            except ConnectionClosed as closed:
                pause = self._after_close(closed)
            except InvalidStatus as refused:
                pause = self._after_refusal(refused)
            except (OSError, InvalidHandshake, TimeoutError) as error:
                log.warning("the gateway is not reached: %s", type(error).__name__)
                pause = self._back_off()
            await self._clock.sleep(pause)

    async def _messages(self, socket: ClientConnection) -> AsyncIterator[Message]:
        """After the greeting, until it raises; what was missed comes first."""
        greeting = json.loads(await asyncio.wait_for(socket.recv(), _GREETING))
        self._greeted_at = self._clock.now()
        subscribe: Message = {"type": "subscribe", "topics": self._topics}
        if self.position is None:
            self.position = greeting["position"]
        await socket.send(json.dumps(subscribe | {"after": self.position}))
        while True:
            frame = json.loads(await socket.recv())
            if frame.get("type") == "subscribed":
                if frame.get("recovered") is False:
                    self.position = frame["position"]
                    self._gap()
            elif frame.get("type") == "lagged":
                # It comes back and is sent what it missed; what has come in is newer than that.
                raise _ComeBackError
            elif frame.get("type") == "error":
                if not frame.get("retryable"):
                    raise SubscriptionEndedError(0, str(frame.get("message", "")))
                raise _ComeBackError(float(frame.get("retry_after", 0)))
            elif "position" in frame:
                self.position = frame["position"]
                yield frame

    def _connect(self, token: str) -> connect:
        """Without topics: they are subscribed to from the position."""
        return connect(
            f"{self._url}?topics=",
            additional_headers={"Authorization": f"Bearer {token}"},
            subprotocols=[Subprotocol("iaqverse.v1")],
            ssl=self._trust,
            open_timeout=_GREETING,
            proxy=None,
        )

    async def _current_token(self) -> str:
        return self._token if isinstance(self._token, str) else await self._token()

    def _after_close(self, closed: ConnectionClosed) -> float:
        """Seconds to wait."""
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        if code in TERMINAL or (code == TOKEN_ENDED and isinstance(self._token, str)):
            raise SubscriptionEndedError(code, reason)
        told = _RETRY_AFTER.search(reason)
        wanted = float(told[1]) * self._random.uniform(1, 1.2) if told else 0.0
        return max(wanted, self._back_off())

    def _after_refusal(self, refused: InvalidStatus) -> float:
        response = refused.response
        renewable = response.status_code == 401 and not isinstance(self._token, str)  # noqa: PLR2004  (RFC 9110)
        if response.status_code in _REFUSED and not renewable:
            raise SubscriptionEndedError(response.status_code, "the handshake was refused")
        wanted = 0.0
        with suppress(ValueError):
            wanted = float(response.headers.get("Retry-After", "0"))
        return max(wanted, self._back_off())

    def _back_off(self) -> float:
        """Full jitter under a ceiling that doubles, until a connection has lasted."""
        lasted, self._greeted_at = self._clock.now() - self._greeted_at, math.inf
        if lasted >= _STABLE:
            self._failures = 0
        ceiling = min(_BACKOFF_MOST, _BACKOFF_LEAST * 2 ** min(self._failures, 10))
        self._failures += 1
        return self._random.uniform(0, ceiling)
