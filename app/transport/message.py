"""Data messages as they are put together from their frames (RFC 6455 §5.4, §8.1)."""

import codecs
from typing import NamedTuple

from app.protocol.closes import CloseCode
from app.transport.fault import ProtocolFaultError
from app.transport.framing import Opcode

_utf8_decoder = codecs.getincrementaldecoder("utf-8")


class TextMessage(NamedTuple):
    text: str


class BinaryMessage(NamedTuple):
    data: bytes


class Unfinished:
    """A fragmented message so far. Text is checked fragment by fragment, unless it is deflated."""

    __slots__ = ("_decoder", "data", "deflated", "opcode")

    def __init__(self, opcode: int, *, deflated: bool) -> None:
        self.opcode = opcode
        self.deflated = deflated
        self.data = bytearray()
        self._decoder = _utf8_decoder() if opcode == Opcode.TEXT and not deflated else None

    def add(self, payload: bytes, *, final: bool) -> None:
        """Raises ProtocolFaultError at the first fragment that no later one can mend."""
        self.data += payload
        if self._decoder is not None:
            try:
                self._decoder.decode(payload, final)
            except UnicodeDecodeError:
                raise _not_utf8() from None


def whole(opcode: int, payload: bytes) -> TextMessage | BinaryMessage:
    """Raises ProtocolFaultError for text that is not UTF-8."""
    return TextMessage(utf8(payload)) if opcode == Opcode.TEXT else BinaryMessage(payload)


def utf8(payload: bytes) -> str:
    """Raises ProtocolFaultError."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> ProtocolFaultError:
    return ProtocolFaultError(CloseCode.INVALID_PAYLOAD, "text is not UTF-8")
