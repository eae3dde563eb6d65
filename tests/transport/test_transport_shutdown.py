"""SIGTERM: the living get 1012, those that do not read are aborted, and the server ends in time."""

import asyncio
import time
from collections.abc import Callable

import pytest
from fastapi import FastAPI, WebSocket

from app.transport import connection as connection_module
from app.transport.framing import text_frame
from tests.transport.ws_peer import Peer, masked, request
from tests.transport.ws_server import LOOPS, LoopFactory, RecordingApp, serve

RESTART = b"\x88\x16\x03\xf4the gateway restarts"


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> LoopFactory:
    factory: LoopFactory = request.param
    return factory


def test_the_living_get_1012(loop_factory: LoopFactory) -> None:
    recording = RecordingApp()
    with serve(recording.app, loop_factory) as server, Peer(server.port) as peer:
        peer.open()
        listener = recording.listener()
        server.ask_to_stop()
        assert peer.read(len(RESTART)) == RESTART
        peer.send(masked(0x88, b"\x03\xf4"))
        assert peer.read_to_end() == b""
        peer.socket.close()
        assert listener.next() == ("closed", 1012, True)
        server.stop(within=2)


def test_peers_that_do_not_read_are_aborted_within_the_grace(
    loop_factory: LoopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "CLOSE_GRACE", 0.2)
    recording = RecordingApp()
    with serve(recording.app, loop_factory) as server:
        peers = [Peer(server.port, receive_buffer=4_096) for _ in range(100)]
        for peer in peers:
            peer.open()
        listeners = [recording.listener() for _ in peers]

        def fill() -> None:
            for listener in listeners:
                while not listener.connection.paused:
                    listener.connection.write(text_frame(b"x" * 60_000))

        server.call(fill)
        began = time.monotonic()
        server.stop(within=5)
        assert time.monotonic() - began > 0.2
        assert [listener.closing() for listener in listeners] == [("closed", 1012, False)] * 100
        for peer in peers:
            peer.socket.close()


def test_peer_that_reads_and_does_not_answer_is_aborted_too(
    loop_factory: LoopFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "CLOSE_GRACE", 0.2)
    recording = RecordingApp()
    with serve(recording.app, loop_factory) as server, Peer(server.port) as peer:
        peer.open()
        listener = recording.listener()
        server.stop(within=3)
        assert peer.read_to_end() == RESTART
        assert listener.next() == ("closed", 1012, False)


def test_handshake_under_way_is_503(loop_factory: LoopFactory) -> None:
    app = FastAPI()
    asked: list[Callable[[], None]] = []

    @app.websocket("/ws")
    async def route(websocket: WebSocket) -> None:
        undecided = asyncio.Event()
        asked.append(undecided.set)
        await undecided.wait()
        await websocket.accept()

    with serve(app, loop_factory) as server, Peer(server.port) as peer:
        peer.send(request())
        while not asked:
            time.sleep(0.002)
        server.ask_to_stop()
        answer = peer.read_to_end()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 2" in answer
        server.call(asked[0])
        server.stop(within=3)
