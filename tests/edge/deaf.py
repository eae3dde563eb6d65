"""A dashboard that reads only when it is told to, and what makes it fall behind."""

import json
from collections.abc import Callable
from typing import Any

from httpx2 import AsyncClient

from app.transport.deflate import inflate
from tests.conftest import ORIGIN, Running
from tests.edge.wire import NOTICES
from tests.transport.ws_peer import Peer, request

Message = dict[str, Any]

QUANTITIES = 64
"""Of each measurement; they stand in its message twice, which is 4 KB."""
BATCH = 100
MOST = 1_000_000

_TEXT, _DEFLATED, _CLOSE, _PING = 0x81, 0xC1, 0x88, 0x89
_SHORT, _MEDIUM = 126, 127


class Deaf(Peer):
    """Connected and greeted; from then on it does not read."""

    def __init__(self, gateway: Running, *, deflates: bool = False) -> None:
        super().__init__(gateway.port, receive_buffer=32_768)
        bearer = gateway.bearer("dashboard")
        offer = "permessage-deflate" if deflates else None
        self.send(request(Origin=ORIGIN, Sec_WebSocket_Extensions=offer, **bearer))
        answer = self.head()
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        self.deflated = 0
        """Messages that came deflated."""
        self.close: tuple[int, str] | None = None
        assert self.next()["type"] == "connection"

    def next(self) -> Message:
        """The next message."""
        while True:
            head, payload = self._frame()
            if head in {_TEXT, _DEFLATED}:
                self.deflated += head == _DEFLATED
                text = inflate(payload, MOST) if head == _DEFLATED else payload
                message: Message = json.loads(text)
                return message
            if head == _CLOSE:
                self.close = int.from_bytes(payload[:2], "big"), payload[2:].decode()
                raise ConnectionError(self.close)
            assert head == _PING, head

    def some(self, count: int) -> list[Message]:
        return [self.next() for _ in range(count)]

    def up_to(self, last: Callable[[Message], bool]) -> list[Message]:
        """All messages up to the one that is the last."""
        messages = [self.next()]
        while not last(messages[-1]):
            messages.append(self.next())
        return messages

    def _frame(self) -> tuple[int, bytes]:
        head, length = self.read(2)
        if length in {_SHORT, _MEDIUM}:
            length = int.from_bytes(self.read(2 if length == _SHORT else 8), "big")
        return head, self.read(length)


async def publish(device: AsyncClient, count: int, sensors: int = 7) -> list[str]:
    """The positions of so many large measurements."""
    positions: list[str] = []
    for first in range(0, count, BATCH):
        batch = [
            large(f"s{number % sensors}") for number in range(first, min(count, first + BATCH))
        ]
        answer = await device.post("/api/ingest", json=batch)
        positions += [item["position"] for item in answer.json()["results"]]
    return positions


def large(sensor: str) -> Message:
    values = {f"quantity-{number:02}-of-{QUANTITIES}": number for number in range(QUANTITIES)}
    return {"sensor_id": sensor, "enseigne": "Maison", "salle": "Bureau", "values": values}


async def alarm(gateway: Running, alert_id: str) -> None:
    async with gateway.client("service") as service:
        body = {**NOTICES["alerts"], "alert_id": alert_id}
        assert (await service.post("/api/publish/alerts", json=body)).status_code == 200


def is_alarm(alert_id: str) -> Callable[[Message], bool]:
    return lambda message: message.get("alert_id") == alert_id
