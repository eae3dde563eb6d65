"""A dashboard that stays up to date as `frontend/js/transport` does: it comes back and resumes."""

import asyncio
import json
import re
import ssl
import time
from array import array
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Protocol

from app.protocol.closes import CloseCode
from bench.crowd.frames import CLOSE, PING, PONG, TEXT, take
from bench.wire import HOST, client_frame, upgrade

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
RESUME_PAUSE = 1.0
"""Seconds before it asks again for what could not be given."""
GREETING = 5.0
"""Seconds until it has to come; as with the pauses, the browser's client does the same."""
ADDRESS = "127.0.0.1"
"""A number: thousands of names would be looked up in threads."""
LOST = "connection lost"
_END = b"\r\n\r\n"
_SUBPROTOCOL = "Sec-WebSocket-Protocol"
_POSITION = b'"position":"'
_EPOCH = 13
"""Characters of a position before its sequence."""
_RETRY = re.compile(r"retry_after=([0-9.]+)")
_TERMINAL = {close.code for close in CloseCode if close.value.action == "terminal"}
_RECEIVED = re.compile(rb'"received_at":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Door:
    port: int
    tls: ssl.SSLContext


@dataclass(slots=True)
class Notes:
    """What all of them went through, as in `Findings`."""

    live: int = 0
    """Those that are connected and caught up."""
    handshakes: list[tuple[float, float]] = field(default_factory=list)
    absences: list[tuple[float, float]] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    """A refusal that no second attempt mends, or a gap."""


class Reading(Protocol):
    """What may be told to wait; asyncio's own name for a transport is narrower."""

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


@dataclass(slots=True)
class Dashboard:
    door: Door
    tenant: str
    token: str
    topic: str
    random: Random
    notes: Notes
    timed: bool = False
    """Whether it notes the age of what comes; looking at each would cost the others theirs."""
    received: "array[int]" = field(default_factory=lambda: array("I"))
    """The sequences of what came, in the order in which it came."""
    began: int | None = None
    """The sequence after which it is owed everything."""
    left: float = 0.0
    """When it was cut off."""
    transport: Reading | None = None
    epoch: str = ""

    async def run(self) -> None:
        """Until cancelled."""
        attempt = 0
        while True:
            wait, live = await self._connect()
            attempt = 0 if live else attempt + 1
            longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
            await asyncio.sleep(wait + self.random.random() * longest)

    async def _connect(self) -> tuple[float, bool]:
        """Seconds that it was asked to stay away, and whether it had been live."""
        connection = Connection(self)
        opening = asyncio.create_task(self._open(connection))
        with suppress(TimeoutError):
            async with asyncio.timeout(GREETING):
                await connection.greeted.wait()
        if not connection.greeted.is_set():
            connection.end("no greeting")
        await connection.ended.wait()
        opening.cancel()
        return connection.wait, connection.live

    async def _open(self, connection: "Connection") -> None:
        loop, door = asyncio.get_running_loop(), self.door
        try:
            await loop.create_connection(
                lambda: connection, ADDRESS, door.port, ssl=door.tls, server_hostname=HOST
            )
        except OSError as error:
            connection.end(type(error).__name__)

    @property
    def position(self) -> str:
        last = self.received[-1] if self.received else self.began or 0
        return f"{self.epoch}-{last:x}"


class Connection(asyncio.Protocol):
    """One socket: its handshake, the greeting, the subscription, then messages until it ends."""

    def __init__(self, dashboard: Dashboard) -> None:
        self.greeted, self.ended = asyncio.Event(), asyncio.Event()
        self.live = False
        self.wait = 0.0
        self._dashboard, self._notes = dashboard, dashboard.notes
        self._buffer = bytearray()
        self._opened = False
        self._began = time.time()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.ended.is_set():  # it came too late
            transport.close()
            return
        self._transport = transport  # type: ignore[assignment]  # of a stream, as asked for
        token = self._dashboard.token
        head = upgrade("/ws?topics=", [(_SUBPROTOCOL, f"iaqverse.v1, bearer.{token}")])
        self._write(head)

    def data_received(self, data: bytes) -> None:
        if self.ended.is_set():
            return
        self._buffer += data
        if not self._opened and not self._answered():
            return
        for opcode, payload in take(self._buffer):
            if opcode == TEXT:
                self._heard(payload)
            elif opcode == PING:
                self._write(client_frame(payload, PONG))
            elif opcode == CLOSE:
                self._closed(payload)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  (a cut is a cut)
        self.end(LOST)

    def end(self, how: str) -> None:
        """Once, whoever ended it."""
        if self.ended.is_set():
            return
        self.ended.set()
        self.greeted.set()
        self._notes.ends[how] += 1
        if self.live:
            self._notes.live -= 1
            self._dashboard.left = time.time()
        self._dashboard.transport = None
        if self._transport:
            self._transport.abort()

    def _answered(self) -> bool:
        """Whether the handshake's answer is here and opens the socket."""
        head, end, _ = self._buffer.partition(_END)
        if not end:
            return False
        status = head[9:12].decode("ascii")
        self._opened = status == "101"
        if self._opened:
            del self._buffer[: len(head) + len(_END)]
        else:
            self._notes.seen[f"handshake {status}"] += status.startswith("4")
            self.end(status)
        return self._opened

    def _heard(self, text: bytes) -> None:
        if not self.live:
            self._control(json.loads(text))
            return
        _, found, position = text.rpartition(_POSITION)
        if not found:
            self._control(json.loads(text))
            return
        dashboard = self._dashboard
        dashboard.received.append(int(position[_EPOCH:-2], 16))
        if dashboard.timed and (received := _RECEIVED.search(text)):
            now, at = time.time(), datetime.fromisoformat(received[1].decode("ascii"))
            self._notes.ages.append((now, now - at.timestamp()))

    def _control(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "connection":
            self._greeting(message["position"])
        elif kind == "subscribed":
            self._caught_up()
            self._notes.seen["not recovered"] += not message["recovered"]
        elif kind == "error" and message["retryable"] and not self.live:
            self._notes.ends[f"{message['code']}, asked again"] += 1
            asyncio.get_running_loop().call_later(RESUME_PAUSE, self._subscribe)
        else:
            self._notes.seen[str(message.get("code", kind))] += 1

    def _caught_up(self) -> None:
        """What it missed comes right after this answer."""
        self.live = True
        self._notes.live += 1
        now, left = time.time(), self._dashboard.left
        if left:
            self._notes.absences.append((now, now - left))

    def _greeting(self, position: str) -> None:
        dashboard, now = self._dashboard, time.time()
        self._notes.handshakes.append((now, now - self._began))
        self.greeted.set()
        if dashboard.began is None:
            dashboard.epoch, _, sequence = position.partition("-")
            dashboard.began = int(sequence, 16)
        dashboard.transport = self._transport
        self._subscribe()

    def _subscribe(self) -> None:
        dashboard = self._dashboard
        command = {"type": "subscribe", "topics": [dashboard.topic], "after": dashboard.position}
        self._write(client_frame(json.dumps(command).encode(), TEXT))

    def _closed(self, payload: bytes) -> None:
        code, reason = int.from_bytes(payload[:2], "big"), payload[2:].decode()
        asked = _RETRY.search(reason)
        self.wait = float(asked[1]) if asked else 0.0
        self._notes.seen[f"closed {code}"] += code in _TERMINAL
        self._write(client_frame(payload[:2], CLOSE))
        self.end(str(code))

    def _write(self, data: bytes) -> None:
        if self._transport:
            self._transport.write(data)
