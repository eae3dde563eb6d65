"""uvicorn's HTTP class, a request's head bounded: `http="app.transport.http_guard:HttpGuard"`.

httptools bounds neither the time nor the size of a head, and uvicorn times only the pause between
two requests. nginx in front bounds both; a gateway reached without it must not depend on that.
"""

import asyncio
import sys
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEAD_TIMEOUT = 10.0
"""Seconds from the accepted socket, or from a further request's first byte, to its whole head."""

MAX_HEAD_BYTES = 32_768
"""Of one request's line and headers: two credentials of 8 KB and as much again for the rest."""


class HttpGuard(HttpToolsProtocol):
    """Aborts what is over a bound: there is no request yet that an answer could belong to.

    A head that arrives whole, as almost all do, costs no timer but the one of its connection.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True
        self._received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_TIMEOUT, transport.abort)

    def data_received(self, data: bytes) -> None:
        self._received = len(data)
        super().data_received(data)
        if not self._in_head:
            self._stop_deadline()
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES:
            self.transport.abort()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_TIMEOUT, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand over to `Upgrade`, but for what it can't see any more: uvicorn writes HTTP/1.1
        whatever the request said (RFC 6455 §4.2.1), a pipelined request still being answered would
        write into the socket after the 101, and uvicorn drops what came with the request's end,
        so that the stream would go on in the middle of a frame. §4.1: the client MUST wait.
        """
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy or self._more_follows() or self.scope["http_version"] != "1.1":
            self.send_400_response("expected HTTP/1.1 and nothing before or behind this request")
            return
        super().handle_websocket_upgrade()

    def _more_follows(self) -> bool:
        """Whether httptools, whose exception says where the head ends, left any of what came in."""
        upgrade = sys.exception()
        return upgrade is not None and upgrade.args[0] < self._received

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
