"""Bytes that the load client sends, made ahead: requests, frames, and the one message of all peers.

Each message carries the time it was sent, nine digits that the client writes anew; as delivered it
has them exactly once under `"t"` (`native/meter.h`).
"""

import time
from collections.abc import Iterable, Sequence

import msgspec

from app.domain.measurement import message_of
from app.model import wire_time

HOST = "localhost"
STAMP = 100_000_000
VALUES: dict[str, int | float] = {
    "CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45,
}  # fmt: skip
"""The documented example's, so that what is delivered is what the product delivers."""
TEXT, BINARY = 1, 2

_FIN, _MASKED = 0x80, 0x80
_SHORT, _LONG = 125, 65_535


def records(items: Iterable[bytes]) -> bytes:
    """A file as `native/records.h` reads it."""
    return b"".join(len(item).to_bytes(4, "little") + item for item in items)


def upgrade(path: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    fixed = [
        ("Host", HOST),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    return _head(f"GET {path}", [*fixed, *headers])


def post(path: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    fixed = [
        ("Host", HOST),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    ]
    return _head(f"POST {path}", [*fixed, *headers]) + body


def client_frame(payload: bytes, opcode: int) -> bytes:
    """Masked with zeros, which RFC 6455 allows: what is inside can be changed where it stands."""
    return bytes((_FIN | opcode,)) + _length(len(payload), _MASKED) + bytes(4) + payload


def server_frame(payload: bytes, opcode: int) -> bytes:
    return bytes((_FIN | opcode,)) + _length(len(payload), 0) + payload


def measurement(sensor: str) -> bytes:
    """What a device posts; the gateway makes `"t"` of `"T"`."""
    body = {"sensor_id": sensor, "enseigne": "Maison", "salle": "Bureau"}
    return msgspec.json.encode({**body, "values": {**VALUES, "T": STAMP}})


def message() -> bytes:
    """What the gateway makes of it, to the byte: what every peer carries. Stamped under `"t"`."""
    now_ms = int(time.time() * 1000) | 1
    whole = message_of("sensor-00-00", "Maison", "Bureau", {**VALUES, "t": STAMP}, now_ms)
    whole["values"] = {**VALUES, "x": STAMP}
    position = "d90a85983c81-1f4"
    return msgspec.json.encode({**whole, "received_at": wire_time(now_ms), "position": position})


def mqtt_connect() -> bytes:
    """MQTT 3.1.1, clean session, no keep-alive, the server chooses the client's name."""
    return _mqtt(0x10, b"\x00\x04MQTT\x04\x02\x00\x00\x00\x00")


def mqtt_subscribe(topic: str) -> bytes:
    return _mqtt(0x82, b"\x00\x01" + _mqtt_text(topic) + b"\x00")


def mqtt_publish(topic: str, payload: bytes) -> bytes:
    return _mqtt(0x30, _mqtt_text(topic) + payload)


def _head(request: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode()


def _length(length: int, masked: int) -> bytes:
    if length <= _SHORT:
        return bytes((masked | length,))
    if length <= _LONG:
        return bytes((masked | 126,)) + length.to_bytes(2, "big")
    return bytes((masked | 127,)) + length.to_bytes(8, "big")


def _mqtt(kind: int, rest: bytes) -> bytes:
    length, digits = len(rest), bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes((kind, *digits)) + rest


def _mqtt_text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()
