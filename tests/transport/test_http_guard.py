"""What comes before `Upgrade` sees a request: heads that never end."""

import time

import pytest
from fastapi import FastAPI

from app.transport import http_guard
from tests.transport.ws_peer import Peer, masked, request
from tests.transport.ws_server import RecordingApp, serve

GET = b"GET / HTTP/1.1\r\nHost: gateway\r\n"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_guard, "HEAD_TIMEOUT", 1.0)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("start", [b"", b"G", request()[:-2]], ids=["nothing", "a byte", "a head"])
def test_handshake_that_never_ends_is_aborted(start: bytes) -> None:
    with serve(RecordingApp().app) as server, Peer(server.port) as peer:
        peer.send(start)
        assert peer.read_to_end() == b""
    assert server.state.connections == set()


@pytest.mark.usefixtures("soon")
def test_slow_drip_is_aborted_however_it_goes_on() -> None:
    with (
        serve(RecordingApp().app) as server,
        Peer(server.port) as peer,
        pytest.raises((ConnectionResetError, BrokenPipeError)),
    ):
        drip(peer)


def drip(peer: Peer) -> None:
    peer.send(GET)
    for _ in range(1_000):
        peer.send(b"a: b\r\n")
        time.sleep(0.005)


@pytest.mark.usefixtures("soon")
def test_second_request_is_timed_from_its_first_byte() -> None:
    with serve(FastAPI()) as server, Peer(server.port) as peer:
        peer.send(GET + b"\r\n")
        assert b"404" in peer.head()
        peer.read(22)
        peer.send(b"GET /")
        assert peer.read_to_end() == b""


@pytest.mark.usefixtures("soon")
def test_whole_head_stops_the_clock() -> None:
    recording = RecordingApp()
    with serve(recording.app) as server, Peer(server.port) as peer:
        peer.open()
        listener = recording.listener()
        server.call(lambda: server.loop.call_later(1.5, listener.connection.ping))
        assert peer.read(2) == b"\x89\x00"


def test_head_without_bound_is_aborted_at_it() -> None:
    with (
        serve(FastAPI()) as server,
        Peer(server.port) as peer,
        pytest.raises((ConnectionResetError, BrokenPipeError)),
    ):
        peer.send(GET + (b"a: %s\r\n" % (b"x" * 1_000)) * 50_000)


def test_upgrade_behind_an_unanswered_request_is_400() -> None:
    with serve(FastAPI()) as server, Peer(server.port) as peer:
        peer.send(GET + b"\r\n" + request())
        assert b"HTTP/1.1 400 Bad Request" in peer.read_to_end()


@pytest.mark.parametrize("cut", [1, len(request()) - 1], ids=["early", "in the last line's end"])
def test_frame_in_the_segment_of_the_heads_end_is_400(cut: int) -> None:
    """Dropped, as by uvicorn alone, it leaves the rest of a longer one to be read as frames."""
    sent = request() + masked(0x81, b"early")
    with serve(RecordingApp().app) as server, Peer(server.port) as peer:
        peer.send(sent[:cut])
        peer.send(sent[cut:])
        assert peer.read_to_end().startswith(b"HTTP/1.1 400 Bad Request")
