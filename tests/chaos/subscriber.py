"""A dashboard's two ways to stay up to date: a socket that resumes, and polling by position."""

import asyncio
import json
import ssl
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.chaos.ledger import Seen

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.4
PAGE = 500
POLL_WAIT = 2


class Reader(Protocol):
    """Whoever has to see everything that its topic matches, once and in order."""

    name: str
    topic: str
    received: list[Seen]
    reconnects: int
    faults: list[str]
    started: asyncio.Event

    async def run(self) -> None:
        """Until cancelled."""


@dataclass(slots=True)
class Subscriber:
    """Opens a socket with no topics and asks for what comes after the last it has."""

    name: str
    url: str
    tls: ssl.SSLContext
    token: str
    topic: str
    random: Random
    received: list[Seen] = field(default_factory=list)
    reconnects: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """How its connections ended."""
    faults: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    _position: str = ""

    async def run(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            try:
                async with self._connect() as socket:
                    await self._resume(socket)
                    pause = SHORTEST_PAUSE
                    async for text in socket:
                        message = json.loads(text)
                        if message["type"] == "lagged":  # it comes back for what it missed
                            break
                        self._take(message)
                self.ends["closed"] += 1
            except (OSError, EOFError, WebSocketException) as error:
                self.ends[type(error).__name__] += 1
            self.reconnects += 1
            await asyncio.sleep(self.random.uniform(SHORTEST_PAUSE, pause))
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connect(self) -> connect:
        return connect(
            f"{self.url}/ws?topics=",
            ssl=self.tls,
            subprotocols=[Subprotocol("iaqverse.v1"), Subprotocol(f"bearer.{self.token}")],
            proxy=None,
            compression=None,
            open_timeout=10,
            close_timeout=1,
        )

    async def _resume(self, socket: ClientConnection) -> None:
        greeting = json.loads(await socket.recv())
        self._position = self._position or greeting["position"]
        command = {"type": "subscribe", "topics": [self.topic], "after": self._position}
        await socket.send(json.dumps(command))
        answer = json.loads(await socket.recv())
        if answer["type"] != "subscribed" or not answer["recovered"]:
            self.faults.append(f"{self.name}: not recovered: {answer}")
        self.started.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "measurement":
            self.faults.append(f"{self.name}: {message}")
            return
        self.received.append(Seen.of(message))
        self._position = message["position"]


@dataclass(slots=True)
class Poller:
    """Asks `GET /api/messages` for what comes after the last position it was told."""

    name: str
    client: httpx2.AsyncClient
    topic: str
    received: list[Seen] = field(default_factory=list)
    reconnects: int = 0
    faults: list[str] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    _position: str = ""

    async def run(self) -> None:
        while True:
            page = await self._ask()
            if page is None:
                self.reconnects += 1
                await asyncio.sleep(SHORTEST_PAUSE)
                continue
            if self._position and not page["recovered"]:
                self.faults.append(f"{self.name}: not recovered from {self._position}")
            self.received += [Seen.of(message) for message in page["messages"]]
            self._position = page["position"]
            self.started.set()

    async def _ask(self) -> dict[str, Any] | None:
        """None when it has to ask again."""
        params: dict[str, str | int] = {"topics": self.topic, "limit": PAGE}
        if self._position:
            params |= {"after": self._position, "wait": POLL_WAIT}
        try:
            answer = await self.client.get("/api/messages", params=params)
        except httpx2.TransportError:
            return None
        if answer.status_code == 429 or answer.status_code >= 500:
            return None
        page: dict[str, Any] = answer.raise_for_status().json()
        return page
