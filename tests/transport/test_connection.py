"""The socket after the hand-over: life, close handshake, and peers that do not read."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from websockets.sync.client import connect

from app.transport.budget import FRAME_BUDGET
from app.transport.connection import CLOSE_GRACE, Connection
from app.transport.framing import text_frame
from app.transport.upgrade import hand_over
from tests.transport.ws_peer import Peer, masked
from tests.transport.ws_server import (
    LOOPS,
    PATIENCE,
    LiveServer,
    LoopFactory,
    Recorder,
    RecordingApp,
    serve,
)

SMALL = 4_096


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"], scope="module")
def recording(request: pytest.FixtureRequest) -> Iterator[tuple[LiveServer, RecordingApp]]:
    factory: LoopFactory = request.param
    recording = RecordingApp()
    with serve(recording.app, factory) as server:
        yield server, recording


@pytest.fixture
def server(recording: tuple[LiveServer, RecordingApp]) -> LiveServer:
    return recording[0]


@pytest.fixture
def peer(server: LiveServer) -> Iterator[Peer]:
    with Peer(server.port) as peer:
        peer.open()
        yield peer


@pytest.fixture
def listener(peer: Peer, recording: tuple[LiveServer, RecordingApp]) -> Recorder:
    assert peer
    return recording[1].listener()


@pytest.fixture
def deaf(server: LiveServer) -> Iterator[Peer]:
    """A peer that will read nothing but its handshake."""
    with Peer(server.port, receive_buffer=SMALL) as peer:
        peer.open()
        yield peer


@pytest.fixture
def deaf_listener(deaf: Peer, recording: tuple[LiveServer, RecordingApp]) -> Recorder:
    assert deaf
    return recording[1].listener()


def until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def fill(server: LiveServer, connection: Connection) -> None:
    """Write until the transport says that the peer does not read."""

    def write() -> None:
        while not connection.paused:
            connection.write(text_frame(b"x" * 60_000))

    server.call(write)
    until(lambda: connection.paused)


class TestMessages:
    def test_ping_is_answered_with_its_payload_5_5_3(self, peer: Peer, listener: Recorder) -> None:
        peer.send(masked(0x89, b"Hello"))
        assert peer.read(7) == b"\x8a\x05Hello"
        assert listener.heard.empty()

    def test_pong_is_told(self, server: LiveServer, peer: Peer, listener: Recorder) -> None:
        server.call(listener.connection.ping)
        assert peer.read(2) == b"\x89\x00"
        peer.send(masked(0x8A))
        assert listener.next() == ("pong",)

    def test_binary_is_told_without_its_content(self, peer: Peer, listener: Recorder) -> None:
        peer.send(masked(0x82, b"\x00\x01"))
        assert listener.next() == ("binary",)

    def test_any_byte_counts_as_life(self, peer: Peer, listener: Recorder) -> None:
        before = listener.connection.last_heard
        peer.send(masked(0x8A))
        assert listener.next() == ("pong",)
        assert before < listener.connection.last_heard <= time.monotonic()

    def test_joined_frames_are_written_as_they_are(
        self, server: LiveServer, peer: Peer, listener: Recorder
    ) -> None:
        blob = text_frame(b"a") + text_frame(b"b")
        server.call(lambda: listener.connection.write(blob))
        assert peer.read(6) == blob

    def test_message_over_ws_max_size_is_1009(self, peer: Peer, listener: Recorder) -> None:
        peer.send(masked(0x81, b"x" * 65_536))
        assert listener.next() == ("text", "x" * 65_536)
        peer.send(masked(0x81, b"x" * 65_537)[:14])
        assert peer.read_to_end().startswith(b"\x88\x11\x03\xf1")

    def test_failing_listener_is_1011(self) -> None:
        app = FastAPI()

        class Failing(Recorder):
            def text_received(self, text: str) -> None:
                raise ValueError(text)

        failing = Failing()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.accept()
            hand_over(websocket.scope, failing)

        with serve(app) as server, Peer(server.port) as peer:
            peer.open()
            peer.send(masked(0x81, b"secret"))
            assert peer.read_to_end() == b"\x88\x10\x03\xf3internal error"
        assert failing.next() == ("closed", 1011, False)


class TestClose:
    def test_by_the_peer(self, peer: Peer, listener: Recorder) -> None:
        peer.send(masked(0x88, b"\x03\xe8bye"))
        assert peer.read_to_end() == b"\x88\x02\x03\xe8"
        peer.socket.close()
        assert listener.next() == ("closed", 1000, True)

    def test_by_the_peer_without_a_code_7_1_5(self, peer: Peer, listener: Recorder) -> None:
        peer.send(masked(0x88))
        assert peer.read_to_end() == b"\x88\x00"
        peer.socket.close()
        assert listener.next() == ("closed", 1005, True)

    def test_by_us(self, server: LiveServer, peer: Peer, listener: Recorder) -> None:
        server.call(lambda: listener.connection.close(4401, "expired"))
        assert peer.read(11) == b"\x88\x09\x11\x31expired"
        peer.send(masked(0x88, b"\x11\x31"))
        assert peer.read_to_end() == b""
        peer.socket.close()
        assert listener.next() == ("closed", 4401, True)

    def test_client_library_sees_a_clean_close(
        self, recording: tuple[LiveServer, RecordingApp]
    ) -> None:
        server, app = recording
        with connect(f"ws://127.0.0.1:{server.port}/ws") as client:
            listener = app.listener()
            client.close(1000, "bye")
            assert client.close_code == 1000
        assert listener.next() == ("closed", 1000, True)

    def test_nothing_is_delivered_or_written_afterwards_1_4(
        self, server: LiveServer, peer: Peer, listener: Recorder
    ) -> None:
        def close() -> None:
            listener.connection.close(4403)
            listener.connection.close(4401)
            listener.connection.send_text(b"late")
            listener.connection.ping()

        server.call(close)
        assert peer.read(4) == b"\x88\x02\x11\x33"
        peer.send(masked(0x81, b"late") + masked(0x82) + masked(0x89) + masked(0x8A))
        peer.send(masked(0x88, b"\x11\x33"))
        assert peer.read_to_end() == b""
        peer.socket.close()
        assert listener.next() == ("closed", 4403, True)

    def test_fault_is_told_to_a_peer_that_goes_on_sending_7_1_7(
        self, peer: Peer, listener: Recorder
    ) -> None:
        peer.send(masked(0x83))
        for _ in range(20):
            peer.send(masked(0x81, b"x" * 10_000))
        assert peer.read_to_end().startswith(b"\x88\x10\x03\xea")
        peer.socket.close()
        assert listener.next() == ("closed", 1002, False)

    def test_frames_behind_the_peers_close_do_not_cost_it_the_answer_7_1_1(
        self, peer: Peer, listener: Recorder
    ) -> None:
        peer.send(masked(0x01, b"a") + masked(0x88, b"\x03\xe8") + masked(0x80, b"b") * 1_000)
        assert peer.read_to_end() == b"\x88\x02\x03\xe8"
        peer.socket.close()
        assert listener.next() == ("closed", 1000, True)

    def test_end_of_file_without_a_close_is_1006_7_1_5(
        self, peer: Peer, listener: Recorder
    ) -> None:
        peer.socket.close()
        assert listener.next() == ("closed", 1006, False)

    def test_abort_is_1006(self, server: LiveServer, peer: Peer, listener: Recorder) -> None:
        server.call(listener.connection.abort)
        assert listener.next() == ("closed", 1006, False)
        assert peer.read_to_end() == b""

    def test_write_to_a_lost_connection_is_dropped(
        self, server: LiveServer, peer: Peer, listener: Recorder
    ) -> None:
        peer.socket.close()
        assert listener.next() == ("closed", 1006, False)
        server.call(lambda: listener.connection.write(b"x"))
        server.call(lambda: listener.connection.close(1000))
        server.call(listener.connection.abort)
        server.call(lambda: listener.heard.put(("done",)))
        assert listener.next() == ("done",)


class TestUnansweredClose:
    def test_is_aborted_after_the_grace(
        self, server: LiveServer, peer: Peer, listener: Recorder
    ) -> None:
        assert peer
        server.call(lambda: listener.connection.close(4408))
        until(lambda: listener.connection.closing_since is not None)
        since = listener.connection.closing_since
        assert since is not None
        server.call(lambda: listener.connection.expire_close(since + CLOSE_GRACE - 0.1))
        server.call(lambda: listener.heard.put(("still there",)))
        assert listener.next() == ("still there",)
        server.call(lambda: listener.connection.expire_close(since + CLOSE_GRACE))
        assert listener.next() == ("closed", 4408, False)

    def test_that_cannot_be_flushed_is_aborted_after_the_grace(
        self, server: LiveServer, deaf: Peer, deaf_listener: Recorder
    ) -> None:
        assert deaf
        connection = deaf_listener.connection
        fill(server, connection)
        server.call(lambda: connection.close(4409))
        server.call(lambda: connection.expire_close(time.monotonic() + CLOSE_GRACE))
        assert deaf_listener.next() == ("closed", 4409, False)

    def test_live_connection_does_not_expire(
        self, server: LiveServer, peer: Peer, listener: Recorder
    ) -> None:
        server.call(lambda: listener.connection.expire_close(time.monotonic() + 1_000))
        peer.send(masked(0x8A))
        assert listener.next() == ("pong",)


class TestPeerThatDoesNotRead:
    def test_writable_is_told_when_it_reads_again(
        self, server: LiveServer, deaf: Peer, deaf_listener: Recorder
    ) -> None:
        fill(server, deaf_listener.connection)

        def has_read() -> bool:
            deaf.read_what_there_is()
            return not deaf_listener.connection.paused

        until(has_read)
        assert deaf_listener.next() == ("writable",)
        assert not deaf_listener.connection.paused
        deaf.send(masked(0x81, b"again"))
        assert deaf_listener.next() == ("text", "again")

    def test_nothing_is_read_from_it(
        self, server: LiveServer, deaf: Peer, deaf_listener: Recorder
    ) -> None:
        """SECURITY.md: 200,000 pings of a peer that does not read were 19 MB of pongs."""
        connection = deaf_listener.connection
        fill(server, connection)
        held = connection._transport.get_write_buffer_size()
        deaf.send_while_taken(masked(0x89, b"x" * 125) * 1_000)
        assert connection._transport.get_write_buffer_size() <= held
        assert deaf_listener.heard.empty()

    def test_ping_flood_before_it_is_full_ends_with_1008(
        self, deaf: Peer, deaf_listener: Recorder
    ) -> None:
        deaf.send(masked(0x89, b"x" * 125) * (10 * FRAME_BUDGET))
        assert b"\x88\x11\x03\xf0too many frames" in deaf.read_to_end()
        deaf.socket.close()
        assert deaf_listener.next() == ("closed", 1008, False)


def test_idle_connection_holds_next_to_nothing(listener: Recorder) -> None:
    """Slots alone, and no buffer; `bench/` measures the rest, the transport's own part included."""
    assert not hasattr(listener.connection, "__dict__")
    assert not hasattr(listener.connection._reader, "__dict__")
    assert sys.getsizeof(listener.connection) + sys.getsizeof(listener.connection._reader) < 256
