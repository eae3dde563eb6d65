"""RFC 6455 frames on their way in: bytes and the time in, events out, no I/O.

Every rule of §5 is checked at the first byte that breaks it, a length before its payload is waited
for, so that what a peer can make us hold is one message and one chunk.
"""

from collections.abc import Generator
from typing import NamedTuple

from app.protocol.closes import CloseCode
from app.transport.budget import FrameBudget
from app.transport.deflate import inflate
from app.transport.fault import ProtocolFaultError
from app.transport.framing import FIN, MAX_CONTROL_PAYLOAD, NO_CODE, RSV1, Opcode, may_be_sent
from app.transport.message import BinaryMessage, TextMessage, Unfinished, utf8, whole

_RESERVED = 0b0111_0000
_OPCODE = 0b0000_1111
_MASKED = 0b1000_0000
_LENGTH = 0b0111_1111
_MASK_BYTES = 4
_SHORT, _LONG = 2, 8
"""Bytes of an extended payload length (§5.2)."""
_OPCODES = frozenset(Opcode)
_MAY_BE_DEFLATED = (RSV1 | Opcode.TEXT, RSV1 | Opcode.BINARY)


class Ping(NamedTuple):
    payload: bytes


class Pong(NamedTuple):
    payload: bytes


class Closing(NamedTuple):
    """The peer's close frame: the last event there is. `code` is `NO_CODE` for an empty one."""

    code: int
    reason: str


Event = TextMessage | BinaryMessage | Ping | Pong | Closing


class FrameReader:
    """Between messages it holds no buffer: an idle one costs five references and two integers."""

    __slots__ = ("_budget", "_buffer", "_deflates", "_ended", "_max_bytes", "_message")

    def __init__(self, max_bytes: int, *, deflates: bool = False) -> None:
        """`max_bytes` bounds a message's payload, over all its fragments, deflated and inflated.

        `deflates`: permessage-deflate was negotiated, the client's without context takeover.
        """
        self._max_bytes = max_bytes
        self._deflates = deflates
        self._budget = FrameBudget()
        self._buffer: bytearray | None = None
        self._message: Unfinished | None = None
        self._ended = False

    def receive(self, data: bytes, now: float) -> Generator[Event]:
        """What `data` completes, in order; to be run to its end, or closed, before the next call.

        Closed, it leaves what it has not read to that.

        Raises ProtocolFaultError after the events that precede the fault, so that the cuts in which
        bytes arrive make no difference. After it, or a `Closing`, nothing is read any more.
        """
        pending: bytes | bytearray = data
        if self._buffer is not None:
            self._buffer += data
            pending = self._buffer
        start = 0
        try:
            while not self._ended and (frame := self._frame(pending, start)):
                head, payload, start = frame
                event = self._judge(head, payload, now)
                if event is not None:
                    yield event
        except ProtocolFaultError:
            self._ended = True
            raise
        finally:
            self._keep(pending, start)

    def _keep(self, pending: bytes | bytearray, start: int) -> None:
        if self._ended or start == len(pending):
            self._buffer = None
        elif pending is self._buffer:
            del pending[:start]
        else:
            self._buffer = bytearray(pending[start:])

    def _frame(self, data: bytes | bytearray, start: int) -> tuple[int, bytes, int] | None:
        """First byte, unmasked payload and end of the frame at `start`; None: not yet complete."""
        if start == len(data):
            return None
        head = data[start]
        self._check_head(head)
        span = self._payload_span(head, data, start + 1)
        if span is None:
            return None
        begin, end = span
        if end > len(data):
            return None
        return head, _unmask(data[begin:end], data[begin - _MASK_BYTES : begin]), end

    def _check_head(self, head: int) -> None:
        opcode = head & _OPCODE
        if head & _RESERVED and not (self._deflates and head & ~FIN in _MAY_BE_DEFLATED):
            # §5.2: MUST be 0 unless an extension is negotiated that defines meanings. RFC 7692 §6:
            # that is the first frame of a data message.
            raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "reserved bits are set")
        if opcode not in _OPCODES:
            raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "unknown opcode")
        if opcode >= Opcode.CLOSE:
            if not head & FIN:
                # §5.5: all control frames MUST NOT be fragmented.
                raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "fragmented control frame")
        elif (opcode == Opcode.CONTINUATION) != (self._message is not None):
            # §5.4: the fragments of one message MUST NOT be interleaved with another's.
            raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "continuation out of place")

    def _payload_span(self, head: int, data: bytes | bytearray, at: int) -> tuple[int, int] | None:
        """Where the payload begins and ends, `at` being the length byte; None: not yet known."""
        if at == len(data):
            return None
        if not data[at] & _MASKED:
            # §5.1: a server MUST close the connection upon receiving a frame that is not masked.
            raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "frame without a mask")
        length = data[at] & _LENGTH
        at += 1
        if length > MAX_CONTROL_PAYLOAD:
            if head & _OPCODE >= Opcode.CLOSE:
                # §5.5: all control frames MUST have a payload length of 125 bytes or less.
                raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "control frame too long")
            width = _SHORT if length == MAX_CONTROL_PAYLOAD + 1 else _LONG
            if len(data) < at + width:
                return None
            length = int.from_bytes(data[at : at + width], "big")
            _check_minimal(length, width)
            at += width
        if head & _OPCODE < Opcode.CLOSE:
            held = 0 if self._message is None else len(self._message.data)
            if held + length > self._max_bytes:
                raise ProtocolFaultError(CloseCode.MESSAGE_TOO_BIG, "message too big")
        begin = at + _MASK_BYTES
        return begin, begin + length

    def _judge(self, head: int, payload: bytes, now: float) -> Event | None:
        opcode = head & _OPCODE
        paying = len(payload) if opcode < Opcode.CLOSE else 0
        if not self._budget.spend(paying, now):
            raise _flood()
        if opcode == Opcode.PING:
            return Ping(payload)
        if opcode == Opcode.PONG:
            return Pong(payload)
        if opcode == Opcode.CLOSE:
            self._ended = True
            return _closing(payload)
        if self._message is None and head & FIN:
            return whole(opcode, self._inflated(payload, now) if head & RSV1 else payload)
        return self._fragment(head, payload, now)

    def _fragment(self, head: int, payload: bytes, now: float) -> Event | None:
        if self._message is None:
            self._message = Unfinished(head & _OPCODE, deflated=bool(head & RSV1))
        message = self._message
        message.add(payload, final=bool(head & FIN))
        if not head & FIN:
            return None
        self._message = None
        data = bytes(message.data)
        return whole(message.opcode, self._inflated(data, now) if message.deflated else data)

    def _inflated(self, payload: bytes, now: float) -> bytes:
        message = inflate(payload, self._max_bytes)
        if not self._budget.spend_inflated(len(message), now):
            raise _flood()
        return message


def _check_minimal(length: int, width: int) -> None:
    # §5.2: the minimal number of bytes MUST be used; the most significant bit MUST be 0.
    fits_shorter = MAX_CONTROL_PAYLOAD if width == _SHORT else 0xFFFF
    if length <= fits_shorter or length >> 63:
        raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "length not in its shortest form")


def _unmask(payload: bytes | bytearray, mask: bytes | bytearray) -> bytes:
    """RFC 6455 §5.3, as one operation on long integers: 64 KiB in some 15 µs."""
    length = len(payload)
    pad = mask * (length // _MASK_BYTES + 1)
    value = int.from_bytes(payload, "little") ^ int.from_bytes(pad[:length], "little")
    return value.to_bytes(length, "little")


def _closing(payload: bytes) -> Closing:
    if not payload:
        return Closing(NO_CODE, "")
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not may_be_sent(code):
        # §5.5.1 and §7.4: a body begins with two bytes of one of the codes that may be sent.
        raise ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "close code not allowed")
    return Closing(code, utf8(payload[2:]))


def _flood() -> ProtocolFaultError:
    return ProtocolFaultError(CloseCode.POLICY_VIOLATION, "too many frames")
