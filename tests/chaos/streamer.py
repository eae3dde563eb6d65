"""A device that holds a socket: many frames under way, and what was not answered is sent again."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from random import Random

from iaqverse.wire import Body
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.chaos.sensors import Sensors

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.3
"""Seconds before it connects or sends again."""
UNDER_WAY = 16
"""Frames."""


@dataclass(slots=True)
class Streamer:
    url: str
    tls: ssl.SSLContext
    token: str
    sensors: Sensors
    most: int
    """Measurements in a frame."""
    pause: float
    """Seconds between two frames."""
    random: Random
    _unanswered: dict[int, list[Body]] = field(default_factory=dict)
    _last_id: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` and every frame has its answer."""
        while not stop.is_set() or self._unanswered:
            try:
                async with self._connect() as socket:
                    await self._stream(socket, stop)
            except (OSError, EOFError, WebSocketException) as error:
                self.sensors.ledger.refusals[type(error).__name__] += 1
            await asyncio.sleep(self.random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))

    def _connect(self) -> connect:
        return connect(
            f"{self.url}/ws/ingest",
            ssl=self.tls,
            additional_headers={"Authorization": f"Bearer {self.token}"},
            proxy=None,
            compression=None,
            ping_interval=None,  # a busy machine answers late; the gateway pings anyway
            open_timeout=10,
            close_timeout=1,
        )

    async def _stream(self, socket: ClientConnection, stop: asyncio.Event) -> None:
        assert json.loads(await socket.recv())["type"] == "connection"
        for identifier in list(self._unanswered):
            self.sensors.ledger.resent += 1
            await self._send(socket, identifier)
        work = {
            asyncio.create_task(self._measure(socket, stop)),
            asyncio.create_task(self._take_all(socket)),
        }
        done, rest = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)  # a cut may end both at once
        for task in done:
            task.result()

    async def _measure(self, socket: ClientConnection, stop: asyncio.Event) -> None:
        while not stop.is_set() or self._unanswered:
            if not stop.is_set() and len(self._unanswered) < UNDER_WAY:
                self._last_id += 1
                count = self.random.randint(1, self.most)
                self._unanswered[self._last_id] = [self.sensors.measure() for _ in range(count)]
                await self._send(socket, self._last_id)
            await asyncio.sleep(self.pause)

    async def _take_all(self, socket: ClientConnection) -> None:
        while True:
            await self._take(socket)

    async def _send(self, socket: ClientConnection, identifier: int) -> None:
        items = self._unanswered[identifier]
        await socket.send(json.dumps({"type": "ingest", "id": identifier, "measurements": items}))

    async def _take(self, socket: ClientConnection) -> None:
        answer = json.loads(await socket.recv())
        ledger = self.sensors.ledger
        if answer["type"] == "error" and answer["retryable"]:
            ledger.refusals[answer["code"]] += 1
            await asyncio.sleep(SHORTEST_PAUSE)
            ledger.resent += 1
            await self._send(socket, answer["id"])
        elif answer["type"] == "ack" and answer["id"] in self._unanswered:
            items = self._unanswered.pop(answer["id"])
            for item, receipt in zip(items, answer["results"], strict=True):
                self.sensors.take(item, receipt)
        else:
            ledger.faults.append(f"a frame was answered {answer}")
