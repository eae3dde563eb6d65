"""Stamps go out, marks come in, however they are cut, and their ages are right."""

from bench.ages import CYCLE, Meter, stamps, write_stamps


def stamped(text: bytes, now: int) -> bytes:
    written = bytearray(text)
    write_stamps(written, stamps(text), now)
    return bytes(written)


def test_the_age_is_the_time_from_stamp_to_scan() -> None:
    meter = Meter()
    meter.scan(stamped(b'{"t":100000000}', 1_000), 4_000)
    assert (meter.messages, meter.quantile_ms(0.5)) == (1, 3.0)


def test_the_clock_may_turn_over_on_the_way() -> None:
    meter = Meter()
    meter.scan(stamped(b'{"t":100000000}', CYCLE - 1_000), CYCLE + 1_000)
    assert meter.quantile_ms(0.5) == 2.0


def test_a_mark_is_found_wherever_it_is_cut_and_counted_once() -> None:
    text = stamped(b'{"t":100000000}{"t":100000000}', 0)
    for cut in range(len(text) + 1):
        meter = Meter()
        rest = meter.scan(text[:cut], 7)
        meter.scan(rest + text[cut:], 7)
        assert meter.messages == 2


def test_what_the_peer_turns_into_marks_goes_before_the_marks() -> None:
    assert stamps(b'{"T":100000000,"t":100000000}') == [5]
    assert stamps(b'{"t":100000000}') == [5]


def test_nothing_delivered_has_no_age() -> None:
    assert Meter().quantile_ms(0.99) == 0.0
