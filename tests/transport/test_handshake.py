"""The opening handshake of RFC 6455 §4.2.1, rule by rule, and the answers to it."""

import pytest

from app.transport.handshake import (
    HandshakeRefusedError,
    accept_key,
    accept_response,
    agreed_extension,
    parse,
    refusal,
)
from tests.transport.ws_peer import request


def refused(head: bytes) -> HandshakeRefusedError:
    with pytest.raises(HandshakeRefusedError) as caught:
        accept_key(parse(head))
    return caught.value


def with_header(line: str) -> bytes:
    return request().replace(b"\r\n\r\n", b"\r\n" + line.encode() + b"\r\n\r\n")


def test_accept_of_1_3() -> None:
    assert accept_key(parse(request())) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_connection_is_a_list_and_tokens_know_no_case_4_2_1() -> None:
    assert accept_key(parse(request(Connection="keep-alive, UPGRADE", Upgrade="WebSocket")))


@pytest.mark.parametrize("version", [None, "8", "12", "014", "13, 8"])
def test_other_version_is_told_ours_4_4(version: str | None) -> None:
    refusal = refused(request(Sec_WebSocket_Version=version))
    assert refusal.status == 426
    assert (b"sec-websocket-version", b"13") in refusal.headers


@pytest.mark.parametrize(
    "key",
    [None, "", "dGhlIHNhbXBsZSBub25jZQ", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZSE=", "dGhl!HNh" * 3],
    ids=["absent", "empty", "no padding", "too short", "too long", "not base64"],
)
def test_key_is_16_bytes_in_base64_4_2_1(key: str | None) -> None:
    assert refused(request(Sec_WebSocket_Key=key)).status == 400


@pytest.mark.parametrize("name", ["Host", "Upgrade", "Connection"])
def test_header_that_must_be_there_4_2_1(name: str) -> None:
    assert refused(request(**{name: None})).status == 400


@pytest.mark.parametrize(
    "line",
    [
        "Host: other",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Version: 8",
    ],
)
def test_header_that_may_stand_only_once(line: str) -> None:
    assert refused(with_header(line)).status == 400


@pytest.mark.parametrize("name", ["Origin", "Authorization"])
def test_who_asks_and_by_which_credential_is_said_once(name: str) -> None:
    assert accept_key(parse(with_header(f"{name}: a")))
    assert refused(with_header(f"{name}: a\r\n{name}: b")).status == 400


@pytest.mark.parametrize("line", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_body_is_not_read_as_frames(line: str) -> None:
    assert refused(with_header(line)).status == 400


@pytest.mark.parametrize("target", ["ws://gateway/ws", "*", "/é"])
def test_target_is_a_path(target: str) -> None:
    head = request().replace(b"/ws", target.encode(), 1)
    assert refused(head).status == 400


def test_other_methods() -> None:
    refusal = refused(request().replace(b"GET", b"POST", 1))
    assert refusal.status == 405
    assert (b"allow", b"GET") in refusal.headers


@pytest.mark.parametrize("offer", ["a,,b", "a b", "a, a", "a/b", ","])
def test_subprotocols_are_unique_tokens_4_1(offer: str) -> None:
    assert refused(request(Sec_WebSocket_Protocol=offer)).status == 400


def test_subprotocols_keep_their_order_over_all_headers_4_1() -> None:
    head = with_header("Sec-WebSocket-Protocol: c, a\r\nSec-WebSocket-Protocol: b")
    assert parse(head).subprotocols == ["c", "a", "b"]


def test_target_is_taken_apart() -> None:
    parsed = parse(request().replace(b"/ws", b"/ws%2Fx%20y?topics=a,b&c=%20", 1))
    assert parsed.path == "/ws/x y"
    assert parsed.raw_path == b"/ws%2Fx%20y"
    assert parsed.query == b"topics=a,b&c=%20"


def test_accept_response_of_1_3() -> None:
    assert accept_response(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", [(b"server", b"x")]) == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"upgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nserver: x\r\n\r\n"
    )


def test_refusal_is_framed_by_us_alone() -> None:
    headers = [(b"Content-Length", b"9"), (b"connection", b"keep-alive"), (b"retry-after", b"5")]
    assert refusal(503, headers, b"later") == (
        b"HTTP/1.1 503 Service Unavailable\r\n"
        b"retry-after: 5\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlater"
    )


@pytest.mark.parametrize("header", [(b"a", b"b\r\nc: d"), (b"a b", b"c"), (b"", b"c")])
def test_header_cannot_break_out_of_its_line(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="RFC 9110"):
        refusal(400, [header], b"")
    with pytest.raises(ValueError, match="RFC 9110"):
        accept_response(b"", [header])


def test_extensions_are_one_list_over_all_their_headers_rfc_6455_9_1() -> None:
    head = with_header("Sec-WebSocket-Extensions: other")
    more = b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    agreed = agreed_extension(parse(head.replace(b"\r\n\r\n", more)))
    assert agreed is not None
    assert agreed.startswith(b"permessage-deflate;")
    assert agreed_extension(parse(request())) is None


def test_malformed_extensions_fail_the_handshake_rfc_6455_9_1() -> None:
    with pytest.raises(HandshakeRefusedError) as caught:
        agreed_extension(parse(with_header("Sec-WebSocket-Extensions: permessage-deflate; =")))
    assert caught.value.status == 400
