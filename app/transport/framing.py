"""RFC 6455 frames on their way out: a server's, so whole and unmasked (§5.1).

`app/transport/reader.py` is the way in, `app/transport/deflate.py` what stands in a deflated frame.
"""

from enum import IntEnum

FIN = 0b1000_0000
RSV1 = 0b0100_0000
"""RFC 7692 §6: the message that begins here is deflated."""


class Opcode(IntEnum):
    """RFC 6455 §5.2. From CLOSE on they are control frames (§5.5)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


MAX_CONTROL_PAYLOAD = 125
"""RFC 6455 §5.5. A close reason has two bytes less: the code stands before it."""

NO_CODE = 1005
"""RFC 6455 §7.1.5: the close frame had no code. Never on the wire."""
ABNORMAL = 1006
"""RFC 6455 §7.1.5: the connection ended without a close frame. Never on the wire."""

_SHORT = 126
"""RFC 6455 §5.2: the first length that takes two more bytes."""
_LONG = 65_536
"""RFC 6455 §5.2: the first length that takes eight more bytes."""


def text_frame(payload: bytes) -> bytes:
    """One whole text message; `payload` has to be UTF-8 and is not checked."""
    return _frame(Opcode.TEXT, payload)


def deflated_text_frame(payload: bytes) -> bytes:
    """One whole text message, deflated; only for who negotiated it (RFC 7692 §6.1)."""
    return _frame(RSV1 | Opcode.TEXT, payload)


def ping_frame(payload: bytes = b"") -> bytes:
    return _control_frame(Opcode.PING, payload)


def pong_frame(payload: bytes) -> bytes:
    return _control_frame(Opcode.PONG, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """`NO_CODE` makes the empty close frame, the right answer to an empty one (RFC 6455 §5.5.1).

    Raises ValueError for a code that may not be sent and a reason of more than 123 bytes of UTF-8.
    """
    if code == NO_CODE:
        return _control_frame(Opcode.CLOSE, b"")
    if not may_be_sent(code):
        raise ValueError(f"expected a close code of RFC 6455 §7.4, got {code}")
    return _control_frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason.encode())


def may_be_sent(code: int) -> bool:
    """Whether a close frame may carry it: RFC 6455 §7.4 and IANA's registry (1012 to 1014)."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999  # noqa: PLR2004  (the RFC's ranges)


def _control_frame(opcode: Opcode, payload: bytes) -> bytes:
    if len(payload) > MAX_CONTROL_PAYLOAD:
        raise ValueError(f"expected at most {MAX_CONTROL_PAYLOAD} bytes, got {len(payload)}")
    return _frame(opcode, payload)


def _frame(head: int, payload: bytes) -> bytes:
    head |= FIN
    length = len(payload)
    if length < _SHORT:
        return bytes((head, length)) + payload
    if length < _LONG:
        return bytes((head, _SHORT)) + length.to_bytes(2, "big") + payload
    return bytes((head, _SHORT + 1)) + length.to_bytes(8, "big") + payload
