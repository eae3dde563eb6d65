"""Dashboards on real connections over real sockets, without HTTP before them."""

import asyncio
import itertools
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.brokers.memory import MemoryBroker
from app.domain.channel import Bounds, Channel
from app.domain.desk import Desk
from app.domain.dispatch import Dispatch
from app.domain.hub import Hub
from app.domain.recovery import Recovery
from app.domain.slots import Bounds as SlotBounds
from app.domain.slots import Slots
from app.domain.subscriber import Subscriber
from app.errors import UnauthenticatedError
from app.model import Position, Publication, RoutingKey, Topic
from app.protocol.conversation import Rules
from app.protocol.quota import Rate
from app.protocol.topics import Grant, parse_filters
from app.storage.sqlite.store import SqliteStore
from app.traces import Untraced
from app.transport.connection import Connection
from app.transport.deflate import inflate
from auth.principal import Principal, Role
from tests.transport.ws_peer import masked

HEARTBEAT, IDLE_TIMEOUT, SLOW_TIMEOUT = 25.0, 60.0, 30.0
RULES = Rules(
    heartbeat=HEARTBEAT,
    idle_timeout=IDLE_TIMEOUT,
    slow_timeout=SLOW_TIMEOUT,
    max_topics=8,
    max_bad_commands=3,
    max_batch=5,
    max_depth=8,
    message_rate=Rate(burst=100, interval=0.01),
)
PATIENCE = 30.0
Message = dict[str, Any]
_TEXT, _DEFLATED, _CLOSE, _PING = 0x81, 0xC1, 0x88, 0x89


@dataclass
class Dashboard:
    """A subscriber and the other end of its socket, which reads only when told to."""

    subscriber: Subscriber
    socket: socket.socket
    start: Callable[[], None]
    pings: int = 0
    deflated: int = 0
    """Messages that came deflated."""
    close: tuple[int, str] | None = None
    _bytes: bytearray = field(default_factory=bytearray)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    @property
    def connection(self) -> Connection:
        return self.subscriber.connection

    def send(self, **command: Any) -> None:
        self.socket.send(masked(_TEXT, json.dumps(command).encode()))

    def arrived(self, most: int = 10_000_000) -> list[Message]:
        """What has come in until now, so many bytes at most, without giving the loop a turn."""
        while most > 0:
            try:
                data = self.socket.recv(most)
            except BlockingIOError:
                break
            self._bytes += data
            most -= len(data) or most
        return self._messages()

    async def messages(self) -> list[Message]:
        """Everything that is on its way, up to the answer to a ping."""
        identifier = f"barrier {next(self._ids)}"
        self.send(type="ping", id=identifier)
        found: list[Message] = []
        while not found or found[-1] != {"type": "pong", "id": identifier}:
            assert self.close is None, "it was closed instead"
            found += await self._more()
        return found[:-1]

    async def end(self) -> tuple[int, str]:
        """The close frame; what came before it is skipped."""
        while self.close is None:
            await self._more()
        return self.close

    async def _more(self) -> list[Message]:
        data = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 16)
        assert data, "the socket ended"
        self._bytes += data
        return self._messages()

    def _messages(self) -> list[Message]:
        messages: list[Message] = []
        while (frame := self._frame()) is not None:
            head, payload = frame
            if head == _TEXT:
                messages.append(json.loads(payload))
            elif head == _DEFLATED:
                messages.append(json.loads(inflate(payload, 1_000_000)))
                self.deflated += 1
            elif head == _CLOSE:
                self.close = int.from_bytes(payload[:2], "big"), payload[2:].decode()
            else:
                assert head == _PING
                self.pings += 1
        return messages

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._bytes
        if len(data) < 2:
            return None
        width = {126: 2, 127: 8}.get(data[1], 0)
        start = 2 + width
        length = int.from_bytes(data[2:start], "big") if width else data[1]
        if len(data) < start + length:
            return None
        head, payload = data[0], bytes(data[start : start + length])
        del data[: start + length]
        return head, payload


@dataclass
class House:
    """A hub with its store and its desk, and who is connected to it."""

    hub: Hub
    desk: Desk
    store: SqliteStore
    dashboards: list[Dashboard] = field(default_factory=list)
    times: Iterator[int] = field(default_factory=itertools.count)
    """A time for each measurement, no two alike."""

    def channel(self, tenant: str = "acme") -> Channel:
        return self.hub.open(tenant, Position(f"epoch-of-{tenant}", 0))

    async def join(
        self,
        *topics: str,
        tenant: str = "acme",
        grant: Grant | None = None,
        expires_in: float = 3_600,
        token_id: str = "jti",  # noqa: S107  (a name, no secret)
        started: bool = True,
        deflates: bool = False,
    ) -> Dashboard:
        """A connected dashboard that has read its greeting; all topics unless some are named.

        Not `started`, it has yet to join by its `start`.
        """
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        theirs.setblocking(False)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, ours)
        end = int(time.time() + expires_in)
        principal = Principal("someone", tenant, Role.DASHBOARD, token_id, end - 3_600, end)
        slot = self.desk.acquire_slot("192.0.2.1", principal)
        subscriber = Subscriber(self.desk, self.channel(tenant), principal, slot)
        connection = Connection(
            transport,
            subscriber,
            set(),
            max_bytes=65_536,
            now=time.monotonic,
            deflates=deflates,
        )
        transport.set_protocol(connection)
        chosen = parse_filters(topics or ["all"])
        name = f"c{len(self.dashboards)}"

        def start() -> None:
            subscriber.start(connection, chosen, grant or Grant(), name=name)

        dashboard = Dashboard(subscriber, theirs, start)
        if started:
            self.dashboards.append(dashboard)
            start()
            await dashboard.messages()
        return dashboard

    def publish(
        self, *keys: RoutingKey, tenant: str = "acme", size: int = 0, backlog: bool = False
    ) -> list[int]:
        """One publication for each key, in one go; the sequences they get."""
        newest = self.channel(tenant).position
        publications = [
            Publication(
                tenant,
                Position(newest.epoch, sequence),
                key,
                json.dumps({"n": sequence, "tenant": tenant, "pad": "x" * size}).encode(),
                backlog,
            )
            for sequence, key in enumerate(keys, start=newest.sequence + 1)
        ]
        self.hub.publish(publications)
        return [publication.position.sequence for publication in publications]

    async def block(self, dashboard: Dashboard) -> list[int]:
        """Publish until its transport is full, since it does not read; what was published."""
        sequences: list[int] = []
        while not dashboard.connection.paused:
            sequences += self.publish(measured("filler"), size=10_000)
            await asyncio.sleep(0)
        return sequences


Open = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture
def open_house(tmp_path: Path) -> Open:
    """A house whose hub holds so much, for one `async with`."""

    @asynccontextmanager
    async def opened(
        publications: int = 1_000, frame_bytes: int = 8_000_000, **bounds: int
    ) -> AsyncIterator[House]:
        hub = Hub(Bounds(publications, frame_bytes, **bounds))
        store = SqliteStore(tmp_path / "gateway.db", hub.publish, capacity=10_000)
        slots = Slots(SlotBounds(total=100, per_ip=100, per_subject=100, per_tenant=100))
        dispatch = Dispatch(hub, store, MemoryBroker(), traces=Untraced())
        recovery = Recovery(hub, store, dispatch.refresh)
        desk = Desk(hub, recovery, slots, RULES, no_renewal)
        house = House(hub, desk, store)
        try:
            yield house
        finally:
            for dashboard in house.dashboards:
                dashboard.connection.abort()
                dashboard.socket.close()
            await until(lambda: not house.desk.live)
            await store.close()

    return opened


@pytest.fixture
async def house(open_house: Open) -> AsyncIterator[House]:
    async with open_house() as house:
        yield house


def no_renewal(token: str, held: Principal, ip: str) -> tuple[Principal, Grant]:
    """Without the edge there is nobody who verifies tokens."""
    raise UnauthenticatedError(f"{len(token)} characters for {held.subject} from {ip}")


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn, without resting, until it is so."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0)


def measured(sensor_id: str = "s1", enseigne: str = "Maison", salle: str = "Bureau") -> RoutingKey:
    return RoutingKey(Topic.MEASUREMENTS, enseigne, salle, sensor_id)


def alert(enseigne: str = "Maison") -> RoutingKey:
    return RoutingKey(Topic.ALERTS, enseigne, "Bureau")


def numbers(messages: Iterable[Message]) -> list[int]:
    """The sequences of the publications among these."""
    return [message["n"] for message in messages if "n" in message]


def in_flight(dashboard: Dashboard) -> int:
    """Bytes written to it that the operating system has not taken yet."""
    return dashboard.connection._transport.get_write_buffer_size()
