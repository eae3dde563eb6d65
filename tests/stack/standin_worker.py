"""Stands in for one gateway of several: it answers with its process's number.

A file `broken` beside its socket makes it end at once, and `unready` not get ready.
"""

import os
import select
import signal
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

SOCKET = Path(os.environ["GATEWAY_SOCKET"])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        unready = self.path == "/health/ready" and SOCKET.with_name("unready").exists()
        body = str(os.getpid()).encode()
        self.send_response(503 if unready else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002  (as the base class names it)
        """Nothing."""


if __name__ == "__main__":
    if SOCKET.with_name("broken").exists():
        sys.exit(3)
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stop.append(number))
    server = socketserver.UnixStreamServer(os.fspath(SOCKET), Handler)
    server.timeout = 0.02
    while not stop or select.select([server], [], [], 0)[0]:  # it drains what has connected
        server.handle_request()
