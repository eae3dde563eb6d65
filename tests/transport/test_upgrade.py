"""From the request to the hand-over, against a real uvicorn whose internals `Upgrade` leans on."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, HTTPException, WebSocket, WebSocketException
from starlette.types import Receive, Scope, Send
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from app.transport import upgrade
from app.transport.deflate import smaller_frame
from app.transport.upgrade import hand_over
from tests.transport.ws_peer import Peer, masked, request
from tests.transport.ws_server import LOOPS, LiveServer, LoopFactory, Recorder, RecordingApp, serve


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def loop_factory(request: pytest.FixtureRequest) -> LoopFactory:
    factory: LoopFactory = request.param
    return factory


@pytest.fixture
def recording() -> RecordingApp:
    return RecordingApp()


@pytest.fixture
def server(recording: RecordingApp, loop_factory: LoopFactory) -> Iterator[LiveServer]:
    with serve(recording.app, loop_factory) as server:
        yield server


def answer(server: LiveServer, head: bytes) -> tuple[int, str, str]:
    """Status, headers and body of the answer, after which the server has closed."""
    with Peer(server.port) as peer:
        peer.send(head)
        top, _, body = peer.read_to_end().decode().partition("\r\n\r\n")
    return int(top.split()[1]), top.lower(), body


class TestAccept:
    def test_answer_of_1_3(self, server: LiveServer) -> None:
        with Peer(server.port) as peer:
            peer.send(request())
            head = peer.head()
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head

    def test_messages_both_ways(self, server: LiveServer, recording: RecordingApp) -> None:
        with connect(f"ws://127.0.0.1:{server.port}/ws") as client:
            listener = recording.listener()
            client.send("héllo")
            assert listener.next() == ("text", "héllo")
            server.call(lambda: listener.connection.send_text("là".encode()))
            assert client.recv() == "là"

    def test_no_extension_is_negotiated(self, server: LiveServer) -> None:
        with connect(f"ws://127.0.0.1:{server.port}/ws", compression="deflate") as client:
            assert client.response is not None
            assert "sec-websocket-extensions" not in client.response.headers

    def test_deflate_is_negotiated_where_the_server_is_told_to(
        self, recording: RecordingApp, loop_factory: LoopFactory
    ) -> None:
        with (
            serve(recording.app, loop_factory, ws_per_message_deflate=True) as server,
            connect(f"ws://127.0.0.1:{server.port}/ws", compression="deflate") as client,
        ):
            assert client.response is not None
            answer = client.response.headers["sec-websocket-extensions"]
            assert answer.startswith("permessage-deflate; server_no_context_takeover")
            listener = recording.listener()
            assert listener.connection.deflates
            for text in ("héllo" * 100, "héllo" * 100):
                client.send(text)
                assert listener.next() == ("text", text)
            frame = smaller_frame(b"deflated " * 100)
            server.call(lambda: listener.connection.write(frame + frame))
            server.call(lambda: listener.connection.send_text(b"plain"))
            assert [client.recv() for _ in range(3)] == ["deflated " * 100] * 2 + ["plain"]

    def test_who_does_not_offer_it_is_not_answered_with_it(
        self, recording: RecordingApp, loop_factory: LoopFactory
    ) -> None:
        with (
            serve(recording.app, loop_factory, ws_per_message_deflate=True) as server,
            Peer(server.port) as peer,
        ):
            peer.send(request())
            assert b"extensions" not in peer.head()
            assert not recording.listener().connection.deflates

    def test_task_ends_and_the_connection_stays_known(
        self, server: LiveServer, recording: RecordingApp
    ) -> None:
        with Peer(server.port) as peer:
            peer.open()
            listener = recording.listener()
            server.call(lambda: listener.heard.put((set(server.state.tasks),)))
            assert listener.next() == (set(),)
            assert list(map(id, server.state.connections)) == [id(listener.connection)]
        assert listener.next() == ("closed", 1006, False)
        assert server.state.connections == set()

    def test_only_the_chosen_subprotocol_is_echoed(self) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            assert websocket.scope["subprotocols"] == ["iaqverse.v1", "bearer.secret"]
            await websocket.accept("iaqverse.v1", headers=[(b"x-request-id", b"7")])
            hand_over(websocket.scope, Recorder())

        offered = [Subprotocol("iaqverse.v1"), Subprotocol("bearer.secret")]
        with (
            serve(app) as server,
            connect(f"ws://127.0.0.1:{server.port}/ws", subprotocols=offered) as client,
        ):
            assert client.subprotocol == "iaqverse.v1"
            assert client.response is not None
            assert client.response.headers["x-request-id"] == "7"
            assert "secret" not in str(client.response.headers)

    def test_what_comes_before_the_hand_over_is_kept(self, loop_factory: LoopFactory) -> None:
        app = FastAPI()
        listener = Recorder()
        sent = asyncio.Event()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.accept()
            await sent.wait()
            hand_over(websocket.scope, listener)

        with serve(app, loop_factory) as server, Peer(server.port) as peer:
            peer.open()
            peer.send(masked(0x81, b"early") * 3)
            server.call(sent.set)
            assert [listener.next() for _ in range(3)] == [("text", "early")] * 3

    def test_peer_that_left_before_the_hand_over(self, loop_factory: LoopFactory) -> None:
        app = FastAPI()
        listener = Recorder()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.accept()
            websocket.scope["extensions"]["test.transport"].abort()
            await asyncio.sleep(0.01)
            hand_over(websocket.scope, listener)

        async def exposing(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                attach = scope["extensions"][upgrade.EXTENSION]["attach"]
                scope["extensions"]["test.transport"] = attach.__self__._transport
            await app(scope, receive, send)

        with serve(exposing, loop_factory) as server, Peer(server.port) as peer:
            peer.send(request())
            assert listener.next() == ("closed", 1006, False)


class TestRefusals:
    def test_denial_is_a_real_answer_with_body_and_headers(self) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:  # noqa: ARG001  (FastAPI's signature)
            raise HTTPException(401, {"code": "no"}, headers={"WWW-Authenticate": "Bearer"})

        with serve(app) as server:
            with pytest.raises(InvalidStatus) as caught:
                connect(f"ws://127.0.0.1:{server.port}/ws")
            status, head, body = answer(server, request())
        assert caught.value.response.headers["WWW-Authenticate"] == "Bearer"
        assert json.loads(caught.value.response.body or b"") == {"detail": {"code": "no"}}
        assert status == 401
        assert head.count("content-length: ") == 1
        assert "connection: close" in head
        assert json.loads(body) == {"detail": {"code": "no"}}

    def test_version_is_426(self, server: LiveServer) -> None:
        status, head, body = answer(server, request(Sec_WebSocket_Version="8"))
        assert status == 426
        assert "sec-websocket-version: 13" in head
        assert json.loads(body)["error"]["code"] == "upgrade_required"

    def test_malformed_is_400(self, server: LiveServer) -> None:
        status, _, body = answer(server, request(Sec_WebSocket_Key="short"))
        assert status == 400
        error = json.loads(body)["error"]
        assert error["code"] == "bad_request"
        assert error.keys() == {"code", "message", "request_id"}
        assert "short" not in body

    def test_http_1_0_is_400(self, server: LiveServer) -> None:
        assert answer(server, request().replace(b"HTTP/1.1", b"HTTP/1.0"))[0] == 400

    def test_unknown_path_is_refused(self, server: LiveServer) -> None:
        assert answer(server, request().replace(b"/ws", b"/nowhere", 1))[0] == 403

    def test_close_before_accept_is_403(self) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.close(1008)

        with serve(app) as server:
            assert answer(server, request())[0] == 403

    @pytest.mark.parametrize("subprotocol", [None, "other"])
    def test_failing_application_is_500_and_tells_nothing(self, subprotocol: str | None) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            if subprotocol is None:
                raise ValueError("secret")
            await websocket.accept(subprotocol)

        with serve(app) as server:
            status, _, body = answer(server, request())
        assert status == 500
        assert json.loads(body)["error"]["code"] == "internal"
        assert "secret" not in body

    def test_application_that_returns_without_an_answer_is_500(self) -> None:
        async def silent(scope: Scope, receive: Receive, send: Send) -> None:
            del scope, receive, send

        with serve(silent, lifespan="off") as server:
            assert answer(server, request())[0] == 500

    def test_application_that_ends_inside_its_answer_is_500(self) -> None:
        async def cut(scope: Scope, receive: Receive, send: Send) -> None:
            del scope, receive
            await send({"type": "websocket.http.response.start", "status": 401, "headers": []})

        with serve(cut, lifespan="off") as server:
            assert answer(server, request())[0] == 500


class TestMisuse:
    def test_accepted_and_not_taken_over_is_1011(self) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.accept()

        with serve(app) as server, Peer(server.port) as peer:
            peer.open()
            assert peer.read_to_end().startswith(b"\x88\x10\x03\xf3")

    def test_failing_after_the_hand_over_is_1011(self) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.accept()
            hand_over(websocket.scope, Recorder())
            raise ValueError("secret")

        with serve(app) as server, Peer(server.port) as peer:
            peer.open()
            assert peer.read(4) == b"\x88\x10\x03\xf3"

    @pytest.mark.parametrize("taken_over", [False, True])
    def test_close_code_of_the_application_is_sent(self, taken_over: bool) -> None:
        app = FastAPI()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.accept()
            if taken_over:
                hand_over(websocket.scope, Recorder())
            raise WebSocketException(4403, "no")

        with serve(app) as server, Peer(server.port) as peer:
            peer.open()
            assert peer.read(6) == b"\x88\x04\x11\x33no"

    def test_asgi_ends_with_the_accept(self) -> None:
        app = FastAPI()
        listener = Recorder()

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            with pytest.raises(RuntimeError, match="accepted handshake"):
                hand_over(websocket.scope, listener)
            await websocket.accept()
            with pytest.raises(RuntimeError, match="hand_over"):
                await websocket.receive_text()
            with pytest.raises(RuntimeError, match="hand_over"):
                await websocket.send_text("x")
            hand_over(websocket.scope, listener)
            with pytest.raises(RuntimeError, match="accepted handshake"):
                hand_over(websocket.scope, listener)

        with serve(app) as server, Peer(server.port) as peer:
            peer.open()
            peer.send(masked(0x81, b"alive"))
            assert listener.next() == ("text", "alive")

    def test_other_websocket_class_is_named(self) -> None:
        with pytest.raises(RuntimeError, match="Upgrade"):
            hand_over({"type": "websocket"}, Recorder())


class TestDeadline:
    def test_application_that_does_not_decide(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(upgrade, "HANDSHAKE_TIMEOUT", 0.05)
        app = FastAPI()
        told: list[str] = []

        @app.websocket("/ws")
        async def route(websocket: WebSocket) -> None:
            await websocket.receive()
            told.append((await websocket.receive())["type"])

        with serve(app) as server, Peer(server.port) as peer:
            peer.send(request())
            assert peer.read_to_end() == b""
        assert told == ["websocket.disconnect"]

    def test_is_off_after_the_hand_over(
        self, monkeypatch: pytest.MonkeyPatch, recording: RecordingApp
    ) -> None:
        monkeypatch.setattr(upgrade, "HANDSHAKE_TIMEOUT", 0.3)
        with serve(recording.app) as server, Peer(server.port) as peer:
            peer.open()
            listener = recording.listener()
            server.call(lambda: server.loop.call_later(0.5, lambda: listener.heard.put(("later",))))
            assert listener.next() == ("later",)
            peer.send(masked(0x81, b"alive"))
            assert listener.next() == ("text", "alive")
