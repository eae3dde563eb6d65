"""What uvicorn makes of a request for a WebSocket, given `ws="app.transport.upgrade:Upgrade"`.

It lives from the request's head to the hand-over: it checks the handshake, runs the ASGI
application in one task, and either writes the HTTP answer that application chose, or the 101, after
which `hand_over` gives the socket to a `Connection` and the task may end. uvicorn is pinned
exactly: the constructor, `connection_made`, `data_received` and `shutdown` are what it calls.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum, auto
from http import HTTPStatus
from secrets import token_hex
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from app.protocol.closes import CloseCode
from app.transport.connection import Connection, Listener
from app.transport.framing import close_frame
from app.transport.handshake import (
    HandshakeRefusedError,
    Headers,
    Request,
    accept_key,
    accept_response,
    agreed_extension,
    error_body,
    parse,
    refusal,
)

HANDSHAKE_TIMEOUT = 10.0
"""Seconds from the request's head to the hand-over, or to a refusal's last byte; then abort."""

EXTENSION = "iaqverse.connection"
"""The ASGI extension by which an accepted socket leaves ASGI."""

_logger = logging.getLogger("app.transport")

Message = MutableMapping[str, Any]
Attach = Callable[[Listener], Connection]


def hand_over(scope: Mapping[str, Any], listener: Listener) -> Connection:
    """Take the accepted socket of an ASGI websocket `scope`; what comes in now goes to `listener`.

    To be called once, after `websocket.accept`; the listener is not called before the next turn of
    the loop. A peer that has left meanwhile makes no difference here: `closed` follows. Raises
    RuntimeError before the accept, and where the server does not run `Upgrade`.
    """
    extension = scope.get("extensions", {}).get(EXTENSION)
    if extension is None:
        raise RuntimeError(f"expected the ASGI extension {EXTENSION}: uvicorn's ws is not Upgrade")
    attach: Attach = extension["attach"]
    return attach(listener)


class _State(Enum):
    ASKED = auto()
    ANSWERING = auto()  # an HTTP answer has begun
    ANSWERED = auto()
    ACCEPTED = auto()
    HANDED_OVER = auto()


class Upgrade(asyncio.Protocol):
    """Reading is paused until the hand-over: what the peer sends early waits in the kernel."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._server_state = server_state
        self._app_state = app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._state = _State.ASKED
        self._connect_received = False
        self._gone = asyncio.Event()
        self._accept = b""
        self._extension: bytes | None = None
        self._subprotocols: list[str] = []
        self._answer: tuple[int, Headers] = (0, [])
        self._body = bytearray()
        self._connection: Connection | None = None

    # What uvicorn calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport derives from no asyncio class, so this can't be an isinstance.
        self._transport = transport = cast("asyncio.Transport", transport)
        self._server_state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own classes
        self._deadline = self._loop.call_later(HANDSHAKE_TIMEOUT, transport.abort)
        transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """The head of the request, written out again by uvicorn; it comes once and whole."""
        try:
            request = parse(data)
            self._accept = accept_key(request)
            agreed = agreed_extension(request)
        except HandshakeRefusedError as refused:
            self._refuse(refused.status, refused.message, refused.headers)
            return
        if self._config.ws_per_message_deflate:
            self._extension = agreed
        self._subprotocols = request.subprotocols
        task = self._loop.create_task(self._run(self._scope(request)))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def shutdown(self) -> None:
        if self._state is _State.ASKED:
            again = (b"retry-after", b"2")
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the gateway restarts", [again])
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        self._deadline.cancel()
        self._server_state.connections.discard(self)
        self._gone.set()

    # The application

    async def _run(self, scope: dict[str, Any]) -> None:
        failed = True
        try:
            await self._config.loaded_app(scope, self._receive, self._send)
            failed = False
        except ClientDisconnected:
            _logger.debug("peer left during the handshake")
        except Exception:
            _logger.exception("application failed in a handshake")
        finally:
            self._settle(failed=failed)

    def _settle(self, *, failed: bool) -> None:
        """The application has ended: nobody may be left waiting for an answer."""
        if self._connection is not None:
            if failed:
                self._connection.close(CloseCode.INTERNAL_ERROR.code, "internal error")
        elif self._state is _State.ACCEPTED:
            _logger.error("application accepted a connection and did not take it over")
            self._close_accepted(CloseCode.INTERNAL_ERROR.code, "internal error")
        elif self._state in (_State.ASKED, _State.ANSWERING):
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error", [])

    def _scope(self, request: Request) -> dict[str, Any]:
        root_path = self._config.root_path
        return {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self._transport) else "ws",
            "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport),
            "root_path": root_path,
            "path": root_path + request.path,
            "raw_path": root_path.encode("ascii") + request.raw_path,
            "query_string": request.query,
            "headers": request.headers,
            "subprotocols": request.subprotocols,
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: {"attach": self._attach}},
        }

    async def _receive(self) -> Message:
        if not self._connect_received:
            self._connect_received = True
            return {"type": "websocket.connect"}
        if self._state in (_State.ACCEPTED, _State.HANDED_OVER):
            raise RuntimeError("expected hand_over: an accepted connection receives outside ASGI")
        await self._gone.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def _send(self, message: Message) -> None:
        if self._gone.is_set():
            raise ClientDisconnected
        kind = message["type"]
        if self._state is _State.ASKED and kind == "websocket.accept":
            self._write_accept(message)
        elif self._state is _State.ASKED and kind == "websocket.close":
            self._refuse(HTTPStatus.FORBIDDEN, "forbidden", [])
        elif self._state is _State.ASKED and kind == "websocket.http.response.start":
            self._answer = (message["status"], list(message.get("headers", ())))
            self._state = _State.ANSWERING
        elif self._state is _State.ANSWERING and kind == "websocket.http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                self._write_answer(*self._answer, bytes(self._body))
        elif self._connection is not None and kind == "websocket.close":
            self._connection.close(message.get("code", 1000), message.get("reason") or "")
        elif self._state is _State.ACCEPTED and kind == "websocket.close":
            self._close_accepted(message.get("code", 1000), message.get("reason") or "")
        else:
            raise RuntimeError(
                f"unexpected {kind} while {self._state.name}: sending is hand_over's"
            )

    def _attach(self, listener: Listener) -> Connection:
        if self._state is not _State.ACCEPTED:
            raise RuntimeError(f"expected an accepted handshake, got {self._state.name}")
        self._state = _State.HANDED_OVER
        self._deadline.cancel()
        registry = self._server_state.connections
        registry.discard(self)
        connection = self._connection = Connection(
            self._transport,
            listener,
            registry,
            max_bytes=self._config.ws_max_size,
            now=time.monotonic,
            deflates=self._extension is not None,
        )
        if self._gone.is_set():
            self._loop.call_soon(connection.connection_lost, None)
        else:
            self._transport.set_protocol(connection)
            self._transport.resume_reading()
        return connection

    # Answers

    def _write_accept(self, message: Message) -> None:
        headers = [*self._server_state.default_headers, *message.get("headers", ())]
        subprotocol = message.get("subprotocol")
        if subprotocol is not None:
            if subprotocol not in self._subprotocols:
                raise RuntimeError("expected a subprotocol that the client offers")
            headers.append((b"sec-websocket-protocol", subprotocol.encode("ascii")))
        if self._extension is not None:
            headers.append((b"sec-websocket-extensions", self._extension))
        self._transport.write(accept_response(self._accept, headers))
        self._state = _State.ACCEPTED

    def _close_accepted(self, code: int, reason: str) -> None:
        self._state = _State.ANSWERED
        self._transport.write(close_frame(code, reason))
        self._transport.close()

    def _refuse(self, status: HTTPStatus, message: str, headers: Headers) -> None:
        identifier = token_hex(16)
        _logger.info("handshake refused: %d %s, request %s", status, message, identifier)
        body = error_body(status, message, identifier)
        self._write_answer(status, [(b"content-type", b"application/json"), *headers], body)

    def _write_answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Write it and close. The deadline stays: a peer that does not read it is aborted."""
        answer = refusal(status, [*self._server_state.default_headers, *headers], body)
        self._state = _State.ANSWERED
        self._transport.write(answer)
        self._transport.close()
