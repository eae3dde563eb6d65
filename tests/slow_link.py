"""Between a gateway and what it asks, on a unix socket: late, or not at all for a while."""

import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

PIECE = 65_536


class SlowLink:
    """`with SlowLink(socket) as link`. Neither end is told of it: what was said comes later.

    It works in threads: a gateway in the test's loop may wait for an answer with the whole loop.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._sockets: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._flows = Event()
        self._flows.set()
        self.delay = 0.0
        """Seconds for each piece, either way."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="slow-")
        self._listening = self._kept(socket.socket(socket.AF_UNIX))
        self._listening.bind(str(self.place))
        self._listening.listen()
        self._begin(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.mend()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for each in self._sockets[1:]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for each in self._sockets:
            each.close()
        self._folder.cleanup()

    @property
    def place(self) -> Path:
        """Named as the server's."""
        return Path(self._folder.name, self._server.name)

    def stall(self) -> None:
        """Nothing gets through until it is mended."""
        self._flows.clear()

    def mend(self) -> None:
        self.delay = 0.0
        self._flows.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._kept(self._listening.accept()[0])
                server = self._kept(socket.socket(socket.AF_UNIX))
                server.connect(str(self._server))
                self._begin(self._carry, client, server)
                self._begin(self._carry, server, client)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                time.sleep(self.delay)
                self._flows.wait()
                sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _kept(self, one: socket.socket) -> socket.socket:
        self._sockets.append(one)
        return one

    def _begin(self, work: Callable[..., None], *ends: socket.socket) -> None:
        thread = Thread(target=work, args=ends)
        self._threads.append(thread)
        thread.start()
