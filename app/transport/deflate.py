"""The bytes of permessage-deflate without context takeover (RFC 7692 §7.2), either way.

No message refers to an earlier one: what is deflated once can be sent to everybody, and between
messages nothing is held. `app/transport/extensions.py` agrees on it.
"""

import zlib

from app.protocol.closes import CloseCode
from app.transport.fault import ProtocolFaultError
from app.transport.framing import deflated_text_frame, text_frame

WINDOW_BITS = 12
"""Of what is sent: 4 KiB. A measurement of 400 bytes gets no smaller with more."""
_MEMORY = 5
"""zlib's memLevel for that window; a compressor is made for each message, in 1 of its 13 µs."""

_TAIL = b"\x00\x00\xff\xff"
"""§7.2.1: left off by the sender."""
_END = b"\x03\x00"
"""An empty last block: fed after the tail, it is the end of data that was whole (RFC 1951 §3.2)."""
_LEFT = frozenset({b"", _TAIL + _END, b"\x00" + _TAIL + _END})
"""What may not be read: nothing, or what follows a block that says it is the last (§7.2.3.4)."""


def smaller_frame(payload: bytes) -> bytes:
    """One whole text message, deflated where that makes it shorter (§6: each message may be)."""
    compressor = zlib.compressobj(wbits=-WINDOW_BITS, memLevel=_MEMORY)
    deflated = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    if len(deflated) - len(_TAIL) < len(payload):
        return deflated_text_frame(deflated.removesuffix(_TAIL))
    return text_frame(payload)


def inflate(deflated: bytes, max_bytes: int) -> bytes:
    """One message. Raises ProtocolFaultError for what is not deflated, and, before more than one
    byte too much is held, for more than `max_bytes`.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        message = inflater.decompress(deflated + _TAIL + _END, max_bytes + 1)
    except zlib.error:
        raise _malformed() from None
    if len(message) > max_bytes:
        raise ProtocolFaultError(CloseCode.MESSAGE_TOO_BIG, "message too big")
    if not inflater.eof or inflater.unused_data not in _LEFT:
        raise _malformed()
    return message


def _malformed() -> ProtocolFaultError:
    return ProtocolFaultError(CloseCode.PROTOCOL_ERROR, "message is not deflated")
