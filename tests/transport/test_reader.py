"""Frames on their way in: each rule of RFC 6455 with its section, then all of them at once."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transport.budget import FRAME_BUDGET
from app.transport.fault import ProtocolFaultError
from app.transport.framing import NO_CODE
from app.transport.message import BinaryMessage, TextMessage
from app.transport.reader import Closing, Event, FrameReader, Ping, Pong
from tests.transport.ws_peer import masked

MAX_BYTES = 1_000
Heard = list[Event | tuple[int, str]]


def read(*chunks: bytes, now: float = 0.0) -> Heard:
    """What a fresh reader makes of `chunks`; a fault is the last entry, as code and reason."""
    reader = FrameReader(MAX_BYTES)
    heard: Heard = []
    try:
        for chunk in chunks:
            heard.extend(reader.receive(chunk, now))
    except ProtocolFaultError as fault:
        heard.append((fault.code, fault.reason))
    return heard


def code_of(*chunks: bytes) -> int:
    """The fault's code, the only thing that `chunks` lead to."""
    (fault,) = read(*chunks)
    assert not isinstance(fault, Event)
    return fault[0]


class TestMessages:
    def test_masked_text_of_5_7(self) -> None:
        assert read(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == [TextMessage("Hello")]

    def test_masked_pong_of_5_7(self) -> None:
        assert read(b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == [Pong(b"Hello")]

    def test_ping_carries_its_payload_5_5_2(self) -> None:
        assert read(masked(0x89, b"Hello")) == [Ping(b"Hello")]

    def test_binary(self) -> None:
        assert read(masked(0x82, b"\x00\xff")) == [BinaryMessage(b"\x00\xff")]

    def test_empty_messages(self) -> None:
        assert read(masked(0x81), masked(0x82)) == [TextMessage(""), BinaryMessage(b"")]

    @pytest.mark.parametrize("size", [1, 125, 126, 127, 999])
    def test_sizes_around_the_length_encodings_5_2(self, size: int) -> None:
        assert read(masked(0x81, b"x" * size)) == [TextMessage("x" * size)]

    def test_eight_byte_length_5_2(self) -> None:
        reader = FrameReader(100_000)
        (message,) = reader.receive(masked(0x82, b"x" * 70_000), 0.0)
        assert message == BinaryMessage(b"x" * 70_000)

    def test_fragments_of_5_4(self) -> None:
        assert read(masked(0x01, b"Hel") + masked(0x80, b"lo")) == [TextMessage("Hello")]

    def test_control_frames_between_fragments_5_4(self) -> None:
        data = masked(0x01, b"Hel") + masked(0x89, b"?") + masked(0x00, b"l") + masked(0x80, b"o")
        assert read(data) == [Ping(b"?"), TextMessage("Hello")]

    def test_empty_fragments(self) -> None:
        assert read(masked(0x02), masked(0x00), masked(0x80)) == [BinaryMessage(b"")]

    def test_events_that_precede_a_fault_are_heard(self) -> None:
        heard = read(masked(0x81, b"a") + masked(0x83))
        assert heard == [TextMessage("a"), (1002, "unknown opcode")]

    def test_nothing_is_heard_after_a_fault(self) -> None:
        reader = FrameReader(MAX_BYTES)
        with pytest.raises(ProtocolFaultError):
            list(reader.receive(masked(0x83), 0.0))
        assert list(reader.receive(masked(0x81, b"a"), 0.0)) == []


class TestFaults:
    @pytest.mark.parametrize("head", [0xC1, 0xA1, 0x91, 0xF9])
    def test_reserved_bits_5_2(self, head: int) -> None:
        assert code_of(masked(head)) == 1002

    @pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    def test_reserved_opcodes_5_2(self, opcode: int) -> None:
        assert code_of(masked(0x80 | opcode)) == 1002

    def test_first_byte_is_enough_to_fail(self) -> None:
        assert code_of(b"\x83") == 1002

    def test_frame_without_mask_5_1(self) -> None:
        assert code_of(b"\x81\x05Hello") == 1002

    def test_fragmented_control_frame_5_5(self) -> None:
        assert code_of(masked(0x09)) == 1002

    def test_control_frame_over_125_bytes_5_5(self) -> None:
        assert read(masked(0x89, b"x" * 125)) == [Ping(b"x" * 125)]
        assert code_of(masked(0x89, b"x" * 126)) == 1002

    def test_continuation_without_a_start_5_4(self) -> None:
        assert code_of(masked(0x80, b"x")) == 1002
        assert code_of(masked(0x00, b"x")) == 1002

    def test_new_message_inside_another_5_4(self) -> None:
        assert code_of(masked(0x01, b"a") + masked(0x81, b"b")) == 1002

    @pytest.mark.parametrize(
        "length",
        [b"\xfe\x00\x7d", b"\xff" + bytes(6) + b"\xff\xff", b"\xff\x80" + bytes(7)],
        ids=["16 bits for 125", "64 bits for 65535", "highest bit set"],
    )
    def test_length_not_in_its_shortest_form_5_2(self, length: bytes) -> None:
        assert code_of(b"\x81" + length) == 1002

    def test_message_over_the_bound_fails_before_its_payload_comes_7_4_1(self) -> None:
        assert read(masked(0x81, b"x" * MAX_BYTES)) == [TextMessage("x" * MAX_BYTES)]
        assert code_of(masked(0x81, b"x" * (MAX_BYTES + 1))[:4]) == 1009

    def test_fragments_are_bounded_together_7_4_1(self) -> None:
        half = b"x" * (MAX_BYTES // 2)
        assert code_of(masked(0x01, half), masked(0x00, half), masked(0x80, b"x")) == 1009


class TestText:
    @pytest.mark.parametrize(
        "payload",
        [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"],
        ids=["no start", "cut", "surrogate", "beyond U+10FFFF", "overlong"],
    )
    def test_text_that_is_not_utf8_8_1(self, payload: bytes) -> None:
        assert code_of(masked(0x81, payload)) == 1007

    def test_character_cut_by_a_fragment_is_whole_again_5_6(self) -> None:
        assert read(masked(0x01, b"\xc3"), masked(0x80, b"\xa9")) == [TextMessage("é")]

    def test_fragment_that_no_later_one_can_mend_fails_at_once_8_1(self) -> None:
        assert code_of(masked(0x01, b"\xce\xba\xff")) == 1007

    def test_character_cut_by_the_end_8_1(self) -> None:
        assert code_of(masked(0x01, b"a"), masked(0x80, b"\xc3")) == 1007

    def test_binary_is_not_judged(self) -> None:
        assert read(masked(0x02, b"\xff"), masked(0x80, b"\xfe")) == [BinaryMessage(b"\xff\xfe")]


class TestClose:
    def test_empty_7_1_5(self) -> None:
        assert read(masked(0x88)) == [Closing(NO_CODE, "")]

    def test_code_and_reason_5_5_1(self) -> None:
        assert read(masked(0x88, b"\x03\xe8bye")) == [Closing(1000, "bye")]

    @pytest.mark.parametrize("code", [1000, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
    def test_codes_that_may_be_sent_7_4(self, code: int) -> None:
        assert read(masked(0x88, code.to_bytes(2, "big"))) == [Closing(code, "")]

    @pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])
    def test_codes_that_may_not_7_4(self, code: int) -> None:
        assert code_of(masked(0x88, code.to_bytes(2, "big"))) == 1002

    def test_body_of_one_byte_5_5_1(self) -> None:
        assert code_of(masked(0x88, b"\x03")) == 1002

    def test_reason_that_is_not_utf8_5_5_1(self) -> None:
        assert code_of(masked(0x88, b"\x03\xe8\xff")) == 1007

    def test_nothing_is_heard_after_it_5_5_1(self) -> None:
        data = masked(0x88, b"\x03\xe8") + masked(0x81, b"late") + b"\xff"
        assert read(data, masked(0x81, b"later")) == [Closing(1000, "")]

    def test_may_cut_a_fragmented_message_short_5_4(self) -> None:
        data = masked(0x01, b"a") + masked(0x88, b"\x03\xe8") + masked(0x80, b"b")
        assert read(data) == [Closing(1000, "")]


class TestBudget:
    """Floods that the application would never see."""

    def test_pings(self) -> None:
        heard = read(masked(0x89) * (FRAME_BUDGET + 1))
        assert heard == [Ping(b"")] * FRAME_BUDGET + [(1008, "too many frames")]

    def test_payload_of_a_control_frame_pays_for_nothing(self) -> None:
        assert read(masked(0x89, b"x" * 125) * (FRAME_BUDGET + 1))[-1] == (1008, "too many frames")

    def test_empty_fragments(self) -> None:
        assert code_of(masked(0x01), masked(0x00) * FRAME_BUDGET) == 1008

    def test_one_byte_fragments(self) -> None:
        assert code_of(masked(0x01), masked(0x00, b"x") * FRAME_BUDGET) == 1008


class TestMemory:
    def test_nothing_is_held_between_messages(self) -> None:
        reader = FrameReader(MAX_BYTES)
        for chunk in (masked(0x01, b"a"), masked(0x80, b"b")[:3], masked(0x80, b"b")[3:]):
            list(reader.receive(chunk, 0.0))
        assert reader._buffer is None
        assert reader._message is None

    def test_nothing_is_held_after_a_fault(self) -> None:
        reader = FrameReader(MAX_BYTES)
        with pytest.raises(ProtocolFaultError):
            list(reader.receive(b"\x83" + b"x" * 10_000, 0.0))
        list(reader.receive(b"x" * 10_000, 0.0))
        assert reader._buffer is None


heads = st.sampled_from([0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8A, 0x83, 0xC1])
payloads = st.one_of(
    st.binary(max_size=140), st.text(max_size=40).map(str.encode), st.just(b"\x03\xe8")
)
streams = st.one_of(
    st.binary(max_size=300), st.lists(st.builds(masked, heads, payloads), max_size=8).map(b"".join)
)


@given(streams, st.lists(st.integers(0, 1_200), max_size=20))
def test_cuts_make_no_difference(stream: bytes, cuts: list[int]) -> None:
    """Arbitrary bytes lead to events and at most one fault, however they are cut."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert read(*chunks) == read(stream)


@given(streams)
def test_byte_by_byte_makes_no_difference(stream: bytes) -> None:
    assert read(*(bytes([byte]) for byte in stream)) == read(stream)
