"""A real uvicorn on port 0 in a thread of its own, and a listener that notes what it hears."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket
from uvicorn.server import ServerState

from app.transport.connection import Connection
from app.transport.upgrade import hand_over

PATIENCE = 30.0
"""Seconds after which a test that waits has failed."""
BUSY = 5.0
"""More than what is promised, for a machine that others use as well."""

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
LOOPS: list[LoopFactory] = [asyncio.new_event_loop, uvloop.new_event_loop]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class LiveServer:
    def __init__(self, app: Any, loop_factory: LoopFactory, options: dict[str, Any]) -> None:
        defaults: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": 0,
            "http": "app.transport.http_guard:HttpGuard",
            "ws": "app.transport.upgrade:Upgrade",
            "log_config": None,
            "ws_max_size": 65_536,
            "ws_per_message_deflate": False,
        }
        self._server = _Server(uvicorn.Config(app, **defaults | options))
        self._loop_factory = loop_factory
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self._server.ready.wait(PATIENCE)

    @property
    def port(self) -> int:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port

    @property
    def state(self) -> ServerState:
        return self._server.server_state

    def call(self, action: Callable[[], Any]) -> None:
        """Run `action` in the server's loop."""
        self.loop.call_soon_threadsafe(action)

    def ask_to_stop(self) -> None:
        """What SIGTERM does."""
        self._server.should_exit = True

    def stop(self, within: float = PATIENCE) -> None:
        """Fails when the server has not ended `within` so many seconds."""
        self.ask_to_stop()
        self._thread.join(within + BUSY)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._loop_factory) as runner:
            self.loop = runner.get_loop()
            runner.run(self._server.serve())


@contextmanager
def serve(
    app: Any, loop_factory: LoopFactory = uvloop.new_event_loop, **options: Any
) -> Iterator[LiveServer]:
    server = LiveServer(app, loop_factory, options)
    try:
        yield server
    finally:
        server.stop()


class Recorder:
    """A listener: what it was told, in order, as tuples."""

    def __init__(self) -> None:
        self.heard: Queue[tuple[Any, ...]] = Queue()
        self.connection: Connection

    def next(self) -> tuple[Any, ...]:
        return self.heard.get(timeout=PATIENCE)

    def closing(self) -> tuple[Any, ...]:
        """The last thing it was told, whatever came before."""
        while (heard := self.next())[0] != "closed":
            pass
        return heard

    def text_received(self, text: str) -> None:
        self.heard.put(("text", text))

    def binary_received(self) -> None:
        self.heard.put(("binary",))

    def pong_received(self) -> None:
        self.heard.put(("pong",))

    def writable(self) -> None:
        self.heard.put(("writable",))

    def shutdown(self) -> None:
        self.connection.close(1012, "the gateway restarts")

    def closed(self, code: int, clean: bool) -> None:
        self.heard.put(("closed", code, clean))


class RecordingApp:
    """An application whose `/ws` hands each connection to a Recorder of its own."""

    def __init__(self) -> None:
        self.opened: Queue[Recorder] = Queue()
        self.app = FastAPI()
        self.app.add_api_websocket_route("/ws", self._accept)

    def listener(self) -> Recorder:
        return self.opened.get(timeout=PATIENCE)

    async def _accept(self, websocket: WebSocket) -> None:
        await websocket.accept()
        recorder = Recorder()
        recorder.connection = hand_over(websocket.scope, recorder)
        self.opened.put(recorder)
