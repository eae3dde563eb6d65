"""RFC 6455 frames as a server sends them, none masked and none in parts."""

from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_TWO_BYTES, _EIGHT_BYTES = 126, 127


def take(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """The frames that are whole, by opcode; what is left of the next one stays in the buffer."""
    start = 0
    while len(buffer) - start >= 2:  # noqa: PLR2004  (the shortest head)
        length, head = buffer[start + 1], start + 2
        extended = {_TWO_BYTES: 2, _EIGHT_BYTES: 8}.get(length, 0)
        if extended:
            length = int.from_bytes(buffer[head : head + extended], "big")
            head += extended
        if len(buffer) < head + length:
            break
        yield buffer[start] & 15, bytes(buffer[head : head + length])
        start = head + length
    del buffer[:start]
