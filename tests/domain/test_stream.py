"""What a device has under way: bounded, answered once, and waited for at the end."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from app.domain import stream as stream_module
from app.domain.stream import FRAMES, Intake, Stream
from app.domain.sweep import Sweep, drain
from app.errors import UnavailableError
from app.transport.connection import Connection
from auth.principal import Principal, Role
from tests.domain.conftest import IDLE_TIMEOUT, House, until
from tests.transport.ws_peer import masked


@dataclass
class Kept:
    """A store whose commits end when they are told to; in the order of the frames."""

    waiting: list[asyncio.Future[Mapping[str, object]]] = field(default_factory=list)

    async def batch(self, device: Principal, items: list[bytes], name: str) -> Mapping[str, object]:
        assert (device.subject, items, name) == ("hub", [b"{}"], "c")
        self.waiting.append(asyncio.get_running_loop().create_future())
        return await self.waiting[-1]

    def commit(self, count: int) -> None:
        done, self.waiting = self.waiting[:count], self.waiting[count:]
        for each in done:
            each.set_result({"results": []})


@dataclass
class Device:
    stream: Stream
    intake: Intake
    kept: Kept
    socket: socket.socket

    def send(self, *identifiers: int) -> None:
        frames = [{"type": "ingest", "id": one, "measurements": [{}]} for one in identifiers]
        self.socket.send(b"".join(masked(0x81, json.dumps(one).encode()) for one in frames))

    def received(self) -> bytes:
        try:
            return self.socket.recv(1 << 20)
        except BlockingIOError:
            return b""

    async def acknowledged(self, count: int) -> None:
        await until(lambda: self.intake.acknowledged == count)


@pytest.fixture
async def device(house: House) -> AsyncIterator[Device]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    kept = Kept()
    intake = Intake(kept.batch)
    now = int(time.time())
    principal = Principal("hub", "acme", Role.DEVICE, "jti", now, now + 3_600)
    stream = Stream(house.desk, intake, principal, house.desk.acquire_slot("192.0.2.1", principal))
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, ours)
    connection = Connection(transport, stream, set(), max_bytes=65_536, now=time.monotonic)
    transport.set_protocol(connection)
    stream.start(connection, name="c")
    yield Device(stream, intake, kept, theirs)
    connection.abort()
    theirs.close()
    await until(lambda: not house.desk.live)
    assert intake.streams == 0


async def test_an_idle_connection_has_no_task(device: Device) -> None:
    device.send(1)
    await until(lambda: device.kept.waiting)
    assert len(device.intake.under_way) == 1
    device.kept.commit(1)
    await device.acknowledged(1)
    await until(lambda: not device.intake.under_way)


async def test_nothing_is_acknowledged_before_it_is_kept(device: Device) -> None:
    device.send(1, 2)
    await until(lambda: len(device.kept.waiting) == 2)
    assert b"ack" not in device.received()
    device.kept.commit(1)
    await device.acknowledged(1)
    told = device.received()
    assert b'"id":1' in told
    assert b'"id":2' not in told


async def test_at_the_bound_nothing_more_is_read_until_half_is_answered(device: Device) -> None:
    device.send(*range(2 * FRAMES))
    await until(lambda: device.stream.connection.held)
    await asyncio.sleep(0)
    assert len(device.kept.waiting) == FRAMES
    device.kept.commit(FRAMES // 2 - 1)
    await device.acknowledged(FRAMES // 2 - 1)
    assert device.stream.connection.held
    device.kept.commit(1)
    await until(lambda: len(device.kept.waiting) == FRAMES)
    assert device.intake.held == 2
    device.kept.commit(FRAMES)
    await until(lambda: len(device.kept.waiting) == FRAMES // 2)
    device.kept.commit(FRAMES)
    await device.acknowledged(2 * FRAMES)


async def test_no_idle_time_runs_while_it_is_not_read_from(
    house: House, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "FRAMES", 1)
    connection = device.stream.connection
    device.send(1)
    await until(lambda: device.kept.waiting)
    assert connection.held
    late = connection.last_heard + IDLE_TIMEOUT
    Sweep(house.desk).tick(late)
    assert connection.closing_since is None
    device.kept.commit(1)
    await until(lambda: not connection.held)
    Sweep(house.desk).tick(connection.last_heard + IDLE_TIMEOUT)
    assert connection.closing_since is not None


async def test_a_frame_that_was_not_kept_is_an_error_with_its_id(device: Device) -> None:
    device.send(1)
    await until(lambda: device.kept.waiting)
    device.received()
    error = UnavailableError("the store does not keep anything now", part="store")
    device.kept.waiting[0].set_exception(error)
    await until(lambda: device.intake.refused)
    received = device.received()
    told = json.loads(received[received.index(b"{") :])
    assert told == {
        "type": "error", "id": 1, "code": "unavailable", "retryable": True,
        "message": "the store does not keep anything now", "part": "store", "retry_after": 5,
    }  # fmt: skip


async def test_a_fault_of_the_gateways_own_ends_it_with_1011(device: Device) -> None:
    device.send(1)
    await until(lambda: device.kept.waiting)
    device.kept.waiting[0].set_exception(ZeroDivisionError())
    await until(lambda: device.stream.connection.closing_since)
    assert (1011).to_bytes(2, "big") in device.received()


async def test_what_is_under_way_is_answered_before_1012(house: House, device: Device) -> None:
    device.send(1, 2)
    await until(lambda: len(device.kept.waiting) == 2)
    draining = asyncio.ensure_future(drain(house.desk, 60))
    await until(lambda: house.desk.draining)
    device.send(3)
    device.kept.commit(1)
    await device.acknowledged(1)
    assert device.stream.connection.closing_since is None
    device.kept.commit(1)
    await until(lambda: device.stream.connection.closing_since)
    told = device.received()
    assert told.count(b'"ack"') == 2
    assert told.index(b'"id":2') < told.index((1012).to_bytes(2, "big"))
    device.send(4)
    device.socket.close()
    await draining
    assert device.kept.waiting == []


async def test_what_is_not_kept_within_the_grace_is_cut(house: House, device: Device) -> None:
    device.send(1)
    await until(lambda: device.kept.waiting)
    await drain(house.desk, 0.01)
    await until(lambda: not house.desk.live)
    device.kept.commit(1)
    await device.acknowledged(1)
    assert b"ack" not in device.received()


async def test_after_a_close_its_answer_is_read_though_it_was_held(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, "FRAMES", 1)
    device.send(1)
    await until(lambda: device.stream.connection.held)
    device.stream.binary_received()
    device.socket.send(masked(0x88, (1003).to_bytes(2, "big")))
    device.socket.shutdown(socket.SHUT_WR)
    await until(lambda: not device.stream._desk.live)
    assert device.stream._desk.closes == {1003: 1}
