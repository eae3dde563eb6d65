"""A peer that speaks in bytes, so that it can do what no WebSocket library lets it do."""

import socket
from contextlib import suppress
from types import TracebackType
from typing import Self

MASK = b"\x37\xfa\x21\x3d"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of RFC 6455 §1.3; its answer is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`."""


def masked(head: int, payload: bytes = b"") -> bytes:
    """A client's frame: `head` is its whole first byte."""
    length = len(payload)
    if length <= 125:
        size = bytes([0x80 | length])
    elif length < 65_536:
        size = b"\xfe" + length.to_bytes(2, "big")
    else:
        size = b"\xff" + length.to_bytes(8, "big")
    body = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))
    return bytes([head]) + size + MASK + body


def request(path: str = "/ws", /, **changes: str | None) -> bytes:
    """A right opening handshake but for `changes`: header names with `_`, None leaves it out."""
    headers: dict[str, str | None] = {
        "Host": "gateway",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


class Peer:
    """Blocking, on loopback. `receive_buffer` bytes make it a peer that soon reads no more."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(30)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def open(self) -> None:
        """Shake hands, taking the answer byte by byte lest a frame is taken with it."""
        self.send(request())
        answer = self.head()
        assert answer.startswith(b"HTTP/1.1 101 "), answer

    def head(self) -> bytes:
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            assert byte, answer
            answer += byte
        return answer

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            assert chunk, data
            data += chunk
        return data

    def read_what_there_is(self, quiet: float = 0.1) -> None:
        """Read until nothing has come for `quiet` seconds."""
        self.socket.settimeout(quiet)
        with suppress(TimeoutError):
            while self.socket.recv(1_000_000):
                pass

    def send_while_taken(self, data: bytes, stuck: float = 0.1) -> None:
        """Send `data` again and again until the other side has taken nothing for `stuck` seconds,
        at most 100 MB.
        """
        self.socket.settimeout(stuck)
        with suppress(TimeoutError):
            for _ in range(100_000_000 // len(data)):
                self.socket.sendall(data)
            raise AssertionError("all of it was taken")

    def read_to_end(self) -> bytes:
        """Everything up to the end of the stream; a reset counts as its end."""
        data = b""
        try:
            while chunk := self.socket.recv(65_536):
                data += chunk
        except ConnectionResetError:
            pass
        return data
