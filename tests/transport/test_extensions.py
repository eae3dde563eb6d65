"""Sec-WebSocket-Extensions: offers of RFC 7692 §7.1, taken or declined, and what is malformed."""

import pytest

from app.transport.extensions import agree

AGREED = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    "offer",
    [
        b"permessage-deflate",
        b"permessage-deflate; client_max_window_bits",
        b'permessage-deflate;client_max_window_bits="1\\0"',
        b"permessage-deflate ; server_no_context_takeover ;client_no_context_takeover",
        b"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=8",
        b"permessage-deflate; server_max_window_bits=9, permessage-deflate",
        b", permessage-deflate,",
    ],
)
def test_an_offer_is_taken_without_context_takeover_on_either_side(offer: bytes) -> None:
    assert agree([offer]) == AGREED


@pytest.mark.parametrize("bits", [12, 13, 15])
def test_a_window_that_ours_fits_in_is_agreed_as_ours_7_1_2_1(bits: int) -> None:
    offer = b"permessage-deflate; server_max_window_bits=%d" % bits
    assert agree([offer]) == AGREED + b"; server_max_window_bits=12"


def test_the_first_that_can_be_taken_is_over_all_headers_5_1() -> None:
    offers = [b"permessage-deflate; server_max_window_bits=8", b"other", b"permessage-deflate"]
    assert agree(offers) == AGREED


@pytest.mark.parametrize(
    "offer",
    [
        b"",
        b"permessage-bzip2",
        b"Permessage-Deflate2; server_no_context_takeover",
        b"permessage-deflate; unknown",
        b"permessage-deflate; server_no_context_takeover=1",
        b"permessage-deflate; client_no_context_takeover=true",
        b"permessage-deflate; server_max_window_bits",
        b"permessage-deflate; server_max_window_bits=7",
        b"permessage-deflate; server_max_window_bits=16",
        b"permessage-deflate; server_max_window_bits=012",
        b"permessage-deflate; server_max_window_bits=11",
        b"permessage-deflate; client_max_window_bits=7",
        b"permessage-deflate; client_max_window_bits=x",
        b"permessage-deflate; client_max_window_bits; client_max_window_bits=10",
    ],
)
def test_an_offer_that_cannot_be_taken_is_declined_7_1(offer: bytes) -> None:
    assert agree([offer]) is None


def test_without_an_offer_nothing_is_agreed() -> None:
    assert agree([]) is None


@pytest.mark.parametrize(
    "value",
    [
        b"permessage deflate",
        b"permessage-deflate;",
        b"permessage-deflate; =10",
        b"permessage-deflate; server_max_window_bits=",
        b'permessage-deflate; server_max_window_bits="10',
        b'permessage-deflate; x="a b"',
        b"permessage-deflate=1",
        b"permessage-deflate; ; client_max_window_bits",
        b"permessage-deflate; \xe9",
    ],
)
def test_what_is_no_list_of_offers_is_malformed_rfc_6455_9_1(value: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        agree([value])


def test_however_long_a_header_is_it_is_read_in_one_pass() -> None:
    with pytest.raises(ValueError, match="expected"):
        agree([b"permessage-deflate; x=" + b'"' + b"a" * 30_000])
