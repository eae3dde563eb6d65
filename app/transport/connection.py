"""An accepted socket outside ASGI: one object with slots, no task, no timer, no queue.

It speaks RFC 6455 and nothing else. What is said, and when a silent or slow peer has had its time,
is the business of the `Listener` and of the owner's sweep.
"""

import asyncio
import logging
from collections.abc import Callable, MutableSet
from typing import Any, Protocol

from app.protocol.closes import CloseCode
from app.transport.fault import ProtocolFaultError
from app.transport.framing import ABNORMAL, close_frame, ping_frame, pong_frame, text_frame
from app.transport.message import TextMessage
from app.transport.reader import Closing, Event, FrameReader, Ping, Pong

CLOSE_GRACE = 5.0
"""Seconds a close may take, from the first close frame to the end of the socket. What cannot be
flushed or is not answered by then is aborted."""

_PING = ping_frame()
_logger = logging.getLogger("app.transport")


class Listener(Protocol):
    """Who a connection belongs to. Every method is called from the loop and must not block.

    None is called before the turn of the loop that follows the hand-over. An exception closes the
    connection with 1011.
    """

    def text_received(self, text: str) -> None:
        """One whole text message, at most `max_bytes` of UTF-8. Never after `Connection.close`."""

    def binary_received(self) -> None:
        """One whole binary message; its content is dropped. Never after `Connection.close`."""

    def pong_received(self) -> None:
        """A pong, asked for or not. `Connection.last_heard` has moved already."""

    def writable(self) -> None:
        """The peer reads again: `Connection.paused` has just become False. Not while closing."""

    def shutdown(self) -> None:
        """The server ends: `Connection.close`, at once or soon. May come while closing."""

    def closed(self, code: int, clean: bool) -> None:
        """The socket is gone; called exactly once, and last.

        `code` stood in the first close frame, ours or the peer's; 1005 if that had none, 1006 if
        there was no close frame. `clean`: both sides sent theirs (RFC 6455 §7.1.4). Until this is
        called the owner goes on calling `Connection.expire_close`.
        """


class Connection(asyncio.Protocol):
    """Owns the transport. While the peer does not read (`paused`), nothing is read from it either,
    and what was read already waits: its commands and pings would otherwise queue answers without
    bound. So nothing is heard of it in that time.
    """

    __slots__ = (
        "_clean",
        "_code",
        "_listener",
        "_now",
        "_pinged_at",
        "_reader",
        "_registry",
        "_transport",
        "closing_since",
        "deflates",
        "held",
        "last_heard",
        "paused",
        "round_trip",
        "sent",
        "sent_bytes",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        listener: Listener,
        registry: MutableSet[Any],
        *,
        max_bytes: int,
        now: Callable[[], float],
        deflates: bool = False,
    ) -> None:
        """`registry` is the server's set of live connections: this one is in it until it is lost.

        `now` is monotonic, in seconds; `last_heard` and `closing_since` are read from it.
        """
        self._transport = transport
        self._listener = listener
        self._registry = registry
        self._reader = FrameReader(max_bytes, deflates=deflates)
        self._now = now
        self._code = ABNORMAL
        self._clean = False
        self.deflates = deflates
        """permessage-deflate was negotiated: any message that is written may be deflated."""
        self.paused = False
        """The transport holds more than its high-water mark (64 KiB): write nothing for now."""
        self.held = False
        """The listener takes nothing more for now: read nothing, not even what came in already."""
        self.last_heard = now()
        """When bytes last came in; any frame counts as life."""
        self.closing_since: float | None = None
        """When closing began; None on a live connection."""
        self.sent = 0
        """Messages written, `sent_bytes` with their frames."""
        self.sent_bytes = 0
        self.round_trip: float | None = None
        """Seconds from the last ping that was answered to its pong; None before the first."""
        self._pinged_at: float | None = None
        registry.add(self)

    def write(self, data: bytes, messages: int = 0) -> None:
        """Whole frames, already framed, with so many messages in them. Dropped without a word once
        closing has begun.
        """
        if self.closing_since is None:
            self.sent += messages
            self.sent_bytes += len(data)
            self._transport.write(data)

    def send_text(self, payload: bytes) -> None:
        """One text message to this connection alone; `payload` is UTF-8."""
        self.write(text_frame(payload), 1)

    def hold(self) -> None:
        """Deliver nothing further until `release`; what the peer sends waits where it is."""
        if not self.held and self.closing_since is None:
            self.held = True
            self._transport.pause_reading()

    def release(self) -> None:
        """Go on with what waits, in the next turn of the loop; nothing if it was not held."""
        if self.held and not self._transport.is_closing():
            self.held = False
            self.last_heard = self._now()
            if not self.paused:
                self._transport.resume_reading()
                asyncio.get_running_loop().call_soon(self._take, b"")

    def ping(self) -> None:
        self._pinged_at = self._now()
        self.write(_PING)

    def close(self, code: int, reason: str = "") -> None:
        """Begin the close handshake (RFC 6455 §7.1.2); nothing is delivered from here on.

        Does nothing when closing has begun already. Raises ValueError as `close_frame` does.
        """
        if self.closing_since is None:
            self.write(close_frame(code, reason))
            self._code = code
            self.closing_since = self._now()
            self.release()  # the peer's answer has to be read

    def expire_close(self, now: float) -> None:
        """Abort a close that has taken longer than `CLOSE_GRACE`; the owner's sweep calls it."""
        if self.closing_since is not None and now - self.closing_since >= CLOSE_GRACE:
            self.abort()

    def abort(self) -> None:
        """Drop the socket and what was not yet sent; `closed` follows within a turn of the loop."""
        self._begin_closing(ABNORMAL)
        self._transport.abort()

    def shutdown(self) -> None:
        """What uvicorn calls on each of its connections as it ends, before the lifespan's shutdown.

        The one timer there is: the server waits until its connections are gone, swept or not.
        """
        self._listener.shutdown()
        asyncio.get_running_loop().call_later(CLOSE_GRACE, self.abort)

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        self.last_heard = self._now()
        self._take(data)

    def _take(self, data: bytes) -> None:
        """Handle what these bytes complete, until the peer has to read before it says more."""
        events = self._reader.receive(data, self.last_heard)
        try:
            for event in events:
                self._handle(event)
                if self.paused or self.held:
                    events.close()  # keeps the rest for `resume_writing`
        except ProtocolFaultError as fault:
            self._fail(fault.code, fault.reason)
        except Exception:
            _logger.exception("listener failed")
            self._fail(CloseCode.INTERNAL_ERROR.code, "internal error")

    def eof_received(self) -> None:
        """The peer will send no more; asyncio closes the transport once what is written is sent."""
        self._begin_closing(ABNORMAL)

    def pause_writing(self) -> None:
        self.paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self.paused = False
        if not self.held:
            self._transport.resume_reading()
        if self.closing_since is None:
            self._listener.writable()
        if not (self.paused or self.held):
            self._take(b"")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        self._begin_closing(ABNORMAL)
        self._registry.discard(self)
        listener = self._listener
        del self._listener  # breaks the circle: both are freed without the collector
        listener.closed(self._code, self._clean)

    def _handle(self, event: Event) -> None:
        if isinstance(event, Closing):
            self._peer_closes(event.code)
        elif self.closing_since is not None:
            return  # §1.4: after sending a close, what still comes in is discarded.
        elif isinstance(event, TextMessage):
            self._listener.text_received(event.text)
        elif isinstance(event, Ping):
            # §5.5.3 lets a pong be left out when the peer is behind with reading.
            if not self.paused:
                self._transport.write(pong_frame(event.payload))
        elif isinstance(event, Pong):
            self._answer_came()
            self._listener.pong_received()
        else:
            self._listener.binary_received()

    def _answer_came(self) -> None:
        """A pong nobody asked for, which §5.5.3 allows, says nothing of the way."""
        if self._pinged_at is not None:
            self.round_trip = self.last_heard - self._pinged_at
            self._pinged_at = None

    def _peer_closes(self, code: int) -> None:
        # §5.5.1: one who has not sent a close frame MUST answer with one, echoing the code.
        self.write(close_frame(code))
        self._begin_closing(code)
        self._clean = True
        self._end_output()

    def _fail(self, code: int, reason: str) -> None:
        # §7.1.7: send a close frame, then close the connection, whatever the peer answers.
        self.close(code, reason)
        self._end_output()

    def _begin_closing(self, code: int) -> None:
        if self.closing_since is None:
            self._code = code
            self.closing_since = self._now()

    def _end_output(self) -> None:
        """§7.1.1: shut down our side, then read until the peer's end of file. Closing at once would
        answer bytes still under way with a reset that can destroy our close frame.
        """
        if self._transport.is_closing():
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
