"""Frames on their way out, byte for byte as RFC 6455 §5.7 shows them."""

import pytest

from app.protocol.closes import CloseCode
from app.transport.framing import (
    NO_CODE,
    close_frame,
    may_be_sent,
    ping_frame,
    pong_frame,
    text_frame,
)


def test_text_of_5_7() -> None:
    assert text_frame(b"Hello") == b"\x81\x05Hello"


def test_ping_and_pong_of_5_7() -> None:
    assert ping_frame(b"Hello") == b"\x89\x05Hello"
    assert pong_frame(b"Hello") == b"\x8a\x05Hello"


def test_length_takes_as_few_bytes_as_it_can_5_2() -> None:
    assert text_frame(b"")[:2] == b"\x81\x00"
    assert text_frame(b"x" * 125)[:2] == b"\x81\x7d"
    assert text_frame(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert text_frame(b"x" * 65_535)[:4] == b"\x81\x7e\xff\xff"
    assert text_frame(b"x" * 65_536)[:10] == b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"


def test_payload_follows_whole() -> None:
    for size in (0, 125, 126, 65_535, 65_536):
        assert text_frame(b"x" * size).endswith(b"x" * size)
        assert text_frame(b"x" * size).count(b"x") == size


def test_close_carries_code_and_reason_5_5_1() -> None:
    assert close_frame(1000, "bye") == b"\x88\x05\x03\xe8bye"
    assert close_frame(1000) == b"\x88\x02\x03\xe8"


def test_empty_close_answers_an_empty_close_5_5_1() -> None:
    assert close_frame(NO_CODE) == b"\x88\x00"


def test_control_payload_ends_at_125_bytes_5_5() -> None:
    assert ping_frame(b"x" * 125)[1] == 125
    with pytest.raises(ValueError, match="125"):
        ping_frame(b"x" * 126)
    with pytest.raises(ValueError, match="125"):
        close_frame(1000, "x" * 124)


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65_536])
def test_code_that_never_stands_on_the_wire_7_4(code: int) -> None:
    with pytest.raises(ValueError, match=r"7\.4"):
        close_frame(code)


@pytest.mark.parametrize("close", CloseCode)
def test_every_code_of_the_gateway_may_be_sent(close: CloseCode) -> None:
    assert may_be_sent(close.code)
