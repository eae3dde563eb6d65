"""Two servers that give back what they get: the gateway's transport, and uvicorn's own class."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket

import app.transport.upgrade
from app.transport.connection import Connection
from app.transport.framing import FIN, Opcode, text_frame
from app.transport.message import BinaryMessage
from app.transport.reader import Event

PATIENCE = 10.0
MAX_MESSAGE_BYTES = 1_048_576
"""The largest message of the cases is 256 KiB (7.1.6)."""

AGENTS: dict[str, dict[str, str]] = {
    "gateway": {
        "http": "app.transport.http_guard:HttpGuard",
        "ws": "app.transport.upgrade:Upgrade",
    },
    "uvicorn": {"ws": "websockets-sansio"},
}
"""What uvicorn is told for each."""


class _BinaryEcho(Connection):
    """The gateway drops what a binary message holds; the cases want it back."""

    __slots__ = ()

    def _handle(self, event: Event) -> None:
        if isinstance(event, BinaryMessage) and self.closing_since is None:
            self.write(bytes((FIN | Opcode.BINARY,)) + text_frame(event.data)[1:])
        else:
            super()._handle(event)


class _TextEcho:
    connection: Connection

    def text_received(self, text: str) -> None:
        self.connection.send_text(text.encode())

    def binary_received(self) -> None:
        raise NotImplementedError("_BinaryEcho answers before")

    def pong_received(self) -> None:
        pass

    def writable(self) -> None:
        pass

    def shutdown(self) -> None:
        self.connection.abort()

    def closed(self, code: int, clean: bool) -> None:
        pass


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def _through_the_gateway(websocket: WebSocket) -> None:
    await websocket.accept()
    listener = _TextEcho()
    listener.connection = app.transport.upgrade.hand_over(websocket.scope, listener)


async def _through_asgi(websocket: WebSocket) -> None:
    await websocket.accept()
    while (message := await websocket.receive())["type"] == "websocket.receive":
        await websocket.send({**message, "type": "websocket.send"})


@contextmanager
def echo(agent: str, path: Path | None = None) -> Iterator[int]:
    """One of `AGENTS`, running, on the unix socket `path` or on the port that is yielded."""
    app.transport.upgrade.Connection = _BinaryEcho  # type: ignore[attr-defined]  # imported there
    application = FastAPI()
    route = _through_the_gateway if agent == "gateway" else _through_asgi
    application.add_api_websocket_route("/ws", route)
    where: dict[str, Any] = {"host": "127.0.0.1", "port": 0} if path is None else {"uds": str(path)}
    options: dict[str, Any] = {"ws_max_size": MAX_MESSAGE_BYTES, "log_config": None}
    server = _Server(uvicorn.Config(application, **where | options | AGENTS[agent]))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        if not server.ready.wait(PATIENCE):
            raise TimeoutError("the server did not start")
        yield 0 if path else server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
