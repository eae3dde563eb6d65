"""The opening handshake of RFC 6455 §4.2, sans I/O: a request's bytes in, a verdict out."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from hashlib import sha1
from http import HTTPStatus
from urllib.parse import unquote

import httptools

from app.transport.extensions import agree

Headers = list[tuple[bytes, bytes]]

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
_CODES = {
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
"""Where the word of `app/errors.py` is not the status's own name."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_ONCE = (b"host", b"upgrade", b"sec-websocket-key", b"sec-websocket-version")
_AT_MOST_ONCE = (b"origin", b"authorization", b"content-length")


class HandshakeRefusedError(Exception):
    """The request is no opening handshake that this server takes; answered as `status`."""

    def __init__(self, status: HTTPStatus, message: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = list(headers)


@dataclass(slots=True)
class Request:
    """An HTTP request's head, filled in by httptools' callbacks. Header names are lower case."""

    method: bytes = b""
    target: bytes = b""
    headers: Headers = field(default_factory=list)

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def values(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    @property
    def path(self) -> str:
        return unquote(self.raw_path.decode("ascii"))

    @property
    def raw_path(self) -> bytes:
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        return self.target.partition(b"?")[2]

    @property
    def subprotocols(self) -> list[str]:
        """In the client's order of preference, over all its headers (RFC 6455 §4.1)."""
        return [token.decode("ascii") for token in _list(self.values(b"sec-websocket-protocol"))]


def parse(head: bytes) -> Request:
    """The request in `head`, which ends with its empty line."""
    request = Request()
    parser = httptools.HttpRequestParser(request)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        raise _bad_request("malformed request") from None
    request.method = parser.get_method()
    return request


def accept_key(request: Request) -> bytes:
    """The value of Sec-WebSocket-Accept (RFC 6455 §4.2.2).

    Raises HandshakeRefusedError: 405, 426 for another version than 13, 400 for everything else that
    §4.2.1 asks for and the request lacks, repeats or misspells.
    """
    if request.method != b"GET":
        raise HandshakeRefusedError(
            HTTPStatus.METHOD_NOT_ALLOWED, "expected GET", (b"allow", b"GET")
        )
    if not request.target.startswith(b"/") or not request.target.isascii():
        raise _bad_request("malformed request target")
    _check_version(request)
    _check_counts(request)
    if request.values(b"upgrade")[0].lower() != b"websocket":
        raise _bad_request("malformed Upgrade header")
    if b"upgrade" not in (token.lower() for token in _list(request.values(b"connection"))):
        raise _bad_request("malformed Connection header")
    _check_subprotocols(request)
    _check_no_body(request)
    key = request.values(b"sec-websocket-key")[0]
    _check_key(key)
    return base64.b64encode(sha1(key + _GUID, usedforsecurity=False).digest())


def agreed_extension(request: Request) -> bytes | None:
    """What of the offered extensions the server can do; None: nothing."""
    try:
        return agree(request.values(b"sec-websocket-extensions"))
    except ValueError:
        # §9.1: who receives a malformed header MUST fail the connection.
        raise _bad_request("malformed sec-websocket-extensions header") from None


def accept_response(accept: bytes, headers: Headers) -> bytes:
    """The 101. Raises ValueError for a header that would break out of its line."""
    fixed = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", accept),
    ]
    return _response(HTTPStatus.SWITCHING_PROTOCOLS, [*fixed, *headers])


def refusal(status: int, headers: Headers, body: bytes) -> bytes:
    """A whole HTTP answer, after which the connection is closed. Raises ValueError as above."""
    own = (b"connection", b"content-length", b"transfer-encoding")
    kept = [(name, value) for name, value in headers if name.lower() not in own]
    length = (b"content-length", str(len(body)).encode())
    return _response(status, [*kept, length, (b"connection", b"close")]) + body


def error_body(status: HTTPStatus, message: str, request_id: str) -> bytes:
    """The one shape of errors, for refusals that no application had a say in."""
    error = {
        "code": _CODES.get(status, status.name.lower()),
        "message": message,
        "request_id": request_id,
    }
    return json.dumps({"error": error}, separators=(",", ":")).encode()


def _response(status: int, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {int(status)} {_PHRASES.get(status, '')}\r\n".encode()]
    for name, value in headers:
        if not _TOKEN.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
            raise ValueError("expected a header name and value of RFC 9110 §5")
        lines += (name, b": ", value, b"\r\n")
    lines.append(b"\r\n")
    return b"".join(lines)


def _check_version(request: Request) -> None:
    versions = request.values(b"sec-websocket-version")
    if len(versions) <= 1 and versions != [b"13"]:
        # §4.4: answer with the version the server speaks.
        raise HandshakeRefusedError(
            HTTPStatus.UPGRADE_REQUIRED,
            "expected WebSocket version 13",
            (b"sec-websocket-version", b"13"),
            (b"upgrade", b"websocket"),
        )


def _check_counts(request: Request) -> None:
    names = [name for name, _ in request.headers]
    for name in _ONCE:
        if names.count(name) != 1:
            raise _bad_request(f"expected one {name.decode()} header")
    for name in _AT_MOST_ONCE:
        if names.count(name) > 1:
            raise _bad_request(f"expected at most one {name.decode()} header")


def _check_subprotocols(request: Request) -> None:
    tokens = _list(request.values(b"sec-websocket-protocol"))
    # §4.1: tokens, all of them unique.
    if not all(map(_TOKEN.fullmatch, tokens)) or len(set(tokens)) != len(tokens):
        raise _bad_request("malformed sec-websocket-protocol header")


def _check_no_body(request: Request) -> None:
    # A body would be read as frames: a second reading of the same bytes is how requests smuggle.
    if request.values(b"transfer-encoding") or request.values(b"content-length") not in (
        [],
        [b"0"],
    ):
        raise _bad_request("unexpected body")


def _check_key(key: bytes) -> None:
    try:
        well_formed = len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except binascii.Error:
        well_formed = False
    if not well_formed:
        raise _bad_request("malformed sec-websocket-key header")


def _list(values: list[bytes]) -> list[bytes]:
    return [token.strip(b" \t") for value in values for token in value.split(b",")]


def _bad_request(message: str) -> HandshakeRefusedError:
    return HandshakeRefusedError(HTTPStatus.BAD_REQUEST, message)
