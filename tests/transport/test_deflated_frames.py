"""RSV1 where permessage-deflate was negotiated (RFC 7692 §6), and what its messages may cost."""

import itertools
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transport.budget import FRAME_BUDGET, INFLATED_PRICE
from app.transport.fault import ProtocolFaultError
from app.transport.message import BinaryMessage, TextMessage
from app.transport.reader import Event, FrameReader, Ping
from tests.transport.ws_peer import masked

MAX_BYTES = 65_536
HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")
TEXT, BINARY, CONTINUATION, PING, FIN, RSV1 = 0x1, 0x2, 0x0, 0x9, 0x80, 0x40


def deflated(payload: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def read(*chunks: bytes, deflates: bool = True) -> list[Event | int]:
    """What a fresh reader makes of it within one second; a fault is the last entry, as its code."""
    reader = FrameReader(MAX_BYTES, deflates=deflates)
    heard: list[Event | int] = []
    try:
        for chunk in chunks:
            heard.extend(reader.receive(chunk, 0.0))
    except ProtocolFaultError as fault:
        heard.append(fault.code)
    return heard


class TestMessages:
    def test_hello_of_7_2_3_1(self) -> None:
        assert read(masked(FIN | RSV1 | TEXT, HELLO)) == [TextMessage("Hello")]

    def test_hello_in_the_two_frames_of_7_2_3_1_with_a_ping_between(self) -> None:
        first, last = masked(RSV1 | TEXT, HELLO[:3]), masked(FIN | CONTINUATION, HELLO[3:])
        ping = masked(FIN | PING, b"?")
        assert read(first, ping, last) == [Ping(b"?"), TextMessage("Hello")]

    def test_binary(self) -> None:
        assert read(masked(FIN | RSV1 | BINARY, HELLO)) == [BinaryMessage(b"Hello")]

    def test_a_client_need_not_deflate_6(self) -> None:
        plain = masked(FIN | TEXT, b"plain")
        fragments = masked(TEXT, b"fr") + masked(FIN | CONTINUATION, b"ag")
        assert read(plain, fragments) == [TextMessage("plain"), TextMessage("frag")]

    @given(st.text(max_size=2_000), st.lists(st.integers(0, 2_000), max_size=5))
    def test_any_text_in_any_fragments(self, text: str, cuts: list[int]) -> None:
        payload = deflated(text.encode())
        edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
        pieces = [payload[start:end] for start, end in itertools.pairwise(edges)]
        heads = [RSV1 | TEXT, *[CONTINUATION] * (len(pieces) - 1)]
        heads[-1] |= FIN
        assert read(*map(masked, heads, pieces)) == [TextMessage(text)]

    def test_text_that_is_not_utf8_once_inflated_is_1007(self) -> None:
        assert read(masked(FIN | RSV1 | TEXT, deflated(b"\xff"))) == [1007]


class TestRsv1:
    def test_it_is_1002_where_nothing_was_negotiated(self) -> None:
        assert read(masked(FIN | RSV1 | TEXT, HELLO), deflates=False) == [1002]

    def test_it_is_1002_on_a_control_frame_6(self) -> None:
        assert read(masked(FIN | RSV1 | PING)) == [1002]

    def test_it_is_1002_on_a_continuation_6_1(self) -> None:
        first = masked(RSV1 | TEXT, HELLO[:3])
        assert read(first, masked(FIN | RSV1 | CONTINUATION, HELLO[3:])) == [1002]

    @pytest.mark.parametrize("bit", [0x20, 0x10])
    def test_the_other_bits_stay_reserved(self, bit: int) -> None:
        assert read(masked(FIN | bit | TEXT, HELLO)) == [1002]
        assert read(masked(FIN | RSV1 | bit | TEXT, HELLO)) == [1002]


class TestCost:
    def test_a_bomb_is_1009(self) -> None:
        bomb = deflated(bytes(50_000_000))
        assert read(masked(FIN | RSV1 | TEXT, bomb)) == [1009]

    def test_a_bomb_in_fragments_is_1009(self) -> None:
        bomb = deflated(bytes(10_000_000))
        first, last = masked(RSV1 | BINARY, bomb[:100]), masked(FIN | CONTINUATION, bomb[100:])
        assert read(first, last) == [1009]

    def test_deflated_bytes_are_bounded_before_they_are_inflated(self) -> None:
        endless = masked(RSV1 | TEXT, b"x" * 40_000), masked(CONTINUATION, b"x" * 30_000)
        assert read(*endless) == [1009]

    def test_many_that_inflate_to_what_is_allowed_are_a_flood(self) -> None:
        large = masked(FIN | RSV1 | TEXT, deflated(b"x" * MAX_BYTES))
        heard = read(*[large] * 100)
        assert heard[-1] == 1008
        assert len(heard) - 1 <= FRAME_BUDGET // (MAX_BYTES // INFLATED_PRICE)

    def test_many_small_ones_are_a_flood_as_plain_ones_are(self) -> None:
        heard = read(*[masked(FIN | RSV1 | TEXT, HELLO)] * 1_000)
        assert heard[-1] == 1008
        assert len(heard) - 1 < 2 * FRAME_BUDGET
