"""permessage-deflate's bytes: the examples of RFC 7692 §7.2.3, and what is none of them."""

import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transport.deflate import WINDOW_BITS, inflate, smaller_frame
from app.transport.fault import ProtocolFaultError

MAX_BYTES = 65_536
TEXT = b'{"type":"measurement","sensor_id":"bureau1","values":{"CO2":645},"co2":645}' * 3


def deflated(payload: bytes, **options: Any) -> bytes:
    compressor = zlib.compressobj(wbits=-15, **options)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def refused(payload: bytes, max_bytes: int = MAX_BYTES) -> int:
    with pytest.raises(ProtocolFaultError) as fault:
        inflate(payload, max_bytes)
    return fault.value.code


class TestWhatComesIn:
    @pytest.mark.parametrize(
        "payload",
        [
            bytes.fromhex("f2 48 cd c9 c9 07 00"),
            bytes.fromhex("00 05 00 fa ff 48 65 6c 6c 6f 00"),
            bytes.fromhex("f3 48 cd c9 c9 07 00 00"),
            bytes.fromhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"),
        ],
        ids=["one block 1", "no compression 3", "last block 4", "two blocks 5"],
    )
    def test_hello_of_7_2_3(self, payload: bytes) -> None:
        assert inflate(payload, MAX_BYTES) == b"Hello"

    def test_empty_message_of_7_2_3_6(self) -> None:
        assert inflate(b"\x00", MAX_BYTES) == b""

    def test_a_message_that_leans_on_the_one_before_7_2_3_2_is_refused(self) -> None:
        assert refused(bytes.fromhex("f2 00 11 00 00")) == 1002

    @given(st.binary(max_size=5_000), st.integers(0, 9), st.integers(9, 15))
    def test_whatever_was_deflated_is_inflated(
        self, payload: bytes, level: int, window_bits: int
    ) -> None:
        compressor = zlib.compressobj(level, wbits=-window_bits)
        whole = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
        assert inflate(whole[:-4], 5_000) == payload

    @given(st.binary(max_size=500))
    def test_whatever_comes_is_a_message_or_a_fault(self, payload: bytes) -> None:
        try:
            assert len(inflate(payload, 1_000)) <= 1_000
        except ProtocolFaultError as fault:
            assert fault.code in {1002, 1009}  # noqa: PT017  (either is right)

    @pytest.mark.parametrize(
        "payload",
        [b"", b"Hello", deflated(TEXT)[:-1], deflated(TEXT) + b"\x01", b"\x03\x00" * 20_000],
        ids=["nothing", "not deflated", "cut short", "more", "last blocks without end"],
    )
    def test_what_is_no_deflated_message_is_1002(self, payload: bytes) -> None:
        assert refused(payload) == 1002


class TestBombs:
    def test_a_message_may_be_as_long_as_the_bound(self) -> None:
        assert len(inflate(deflated(b"x" * 1_000), 1_000)) == 1_000
        assert refused(deflated(b"x" * 1_001), 1_000) == 1009

    def test_what_is_beyond_the_bound_is_not_inflated(self) -> None:
        bomb = deflated(bytes(50_000_000))
        assert len(bomb) < MAX_BYTES
        tracemalloc.start()
        assert refused(bomb) == 1009
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000


class TestWhatGoesOut:
    def test_a_message_is_deflated_and_says_so(self) -> None:
        frame = smaller_frame(TEXT)
        assert frame[0] == 0xC1
        assert frame[1] == len(frame) - 2
        assert inflate(frame[2:], MAX_BYTES) == TEXT

    @pytest.mark.parametrize("text", [b"", b"{}", b'{"type":"pong"}'])
    def test_one_that_would_not_get_shorter_goes_as_it_is(self, text: bytes) -> None:
        assert smaller_frame(text) == b"\x81" + bytes([len(text)]) + text

    def test_none_leans_on_the_one_before(self) -> None:
        assert smaller_frame(TEXT) == smaller_frame(TEXT)

    def test_the_window_is_no_larger_than_agreed(self) -> None:
        noise = bytes(hash((7, number)) & 0x7F for number in range(6_000))
        frame = smaller_frame(noise * 2)
        inflater = zlib.decompressobj(-WINDOW_BITS)
        assert inflater.decompress(frame[4:] + b"\x00\x00\xff\xff") == noise * 2
