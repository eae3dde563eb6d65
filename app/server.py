"""Runs the gateway in uvicorn, on nginx's unix socket or on a TCP port."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn

from app.bootstrap import gateway
from app.errors import UnavailableError
from app.main import create_app
from app.settings import Settings

BACKLOG = 2_048
KEEP_ALIVE = 75
"""Seconds without a request until a connection is closed: longer than whoever is in front keeps it
(nginx 60, most balancers as well), or a request crosses the closing and is answered with 502.
"""
SEND_BUFFER = 262_144
"""Bytes asked of the operating system for each socket on a TCP port. Left alone, Linux takes up to
3.9 MB for a peer that does not read, with this 0.6 (measured); on nginx's unix socket 0.2.
"""

log = structlog.get_logger()


async def serve(settings: Settings, listener: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop`: then no more requests, 1012 to the sockets, the store closed last.

    Raise `UnavailableError` where another store was put in its place: whoever starts gateways has
    to start this one again, which knows nothing of the former one then.
    """
    async with gateway(settings) as built:
        server = _Server(
            uvicorn.Config(
                create_app(built),
                http="app.transport.http_guard:HttpGuard",
                ws="app.transport.upgrade:Upgrade",
                ws_max_size=settings.max_message_bytes,
                ws_per_message_deflate=settings.compression,
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=round(settings.shutdown_grace),
            )
        )
        serving = asyncio.create_task(server.serve([listener]))
        stopping = asyncio.create_task(stop.wait())
        replaced = asyncio.create_task(built.watch.replaced.wait())
        log.info("gateway started", address=str(listener.getsockname()))
        ends = {serving, stopping, replaced}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        built.desk.draining = True
        server.should_exit = True
        stopping.cancel()
        replaced.cancel()
        await serving
    log.info("gateway stopped")
    if built.watch.replaced.is_set():
        raise UnavailableError("another database is there now: start again", part="store")


async def serve_until_signal(settings: Settings, listener: socket.socket) -> None:
    """`serve` until SIGINT, SIGTERM or SIGHUP, noticed from before the store opens to its end.

    SIGHUP replaces several workers; a single one drains, for systemd to start it again.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, listener, stop)


def unix_listener(path: Path) -> socket.socket:
    """A socket that whoever enters its folder may use: nginx's worker is another user.

    The folder is what guards it. One that is there keeps its owner and mode.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    path.chmod(0o666)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def tcp_listener(address: str) -> socket.socket:
    """Raise ValueError for what is not HOST:PORT, OSError for what cannot be bound."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # inherited
    listener.setblocking(False)
    return listener


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: uvicorn would raise the signal again at its end, before the store is closed."""
        yield
