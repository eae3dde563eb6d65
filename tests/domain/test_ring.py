"""The ring of recent publications: bounded twice, and never with a hole."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.ring import Entry, Ring
from app.model import RoutingKey, Topic

KEY = RoutingKey(Topic.ALERTS)


def entry(sequence: int, size: int = 1) -> Entry:
    return Entry(sequence, KEY, b"x" * size)


def since(ring: Ring, sequence: int) -> list[int] | None:
    entries = ring.since(sequence)
    return None if entries is None else [each.sequence for each in entries]


def test_it_gives_everything_from_a_sequence_on() -> None:
    ring = Ring(10, 100)
    for sequence in range(5, 9):
        ring.append(entry(sequence))
    assert since(ring, 5) == [5, 6, 7, 8]
    assert since(ring, 8) == [8]
    assert since(ring, 9) == []


def test_what_it_does_not_hold_any_more_it_does_not_pretend_to() -> None:
    ring = Ring(2, 100)
    assert since(ring, 1) is None
    for sequence in (1, 2, 3):
        ring.append(entry(sequence))
    assert since(ring, 1) is None
    assert since(ring, 2) == [2, 3]


def test_the_oldest_make_room_for_bytes_too() -> None:
    ring = Ring(100, 10)
    for sequence in (1, 2, 3):
        ring.append(entry(sequence, 4))
    assert since(ring, 2) == [2, 3]
    ring.append(entry(4, 11))
    assert len(ring) == 0
    assert since(ring, 4) is None


def test_after_a_hole_it_begins_anew() -> None:
    ring = Ring(10, 100)
    ring.append(entry(1))
    ring.append(entry(3))
    assert since(ring, 1) is None
    assert since(ring, 3) == [3]


@given(st.lists(st.integers(0, 30)), st.integers(1, 8), st.integers(1, 60))
def test_it_never_holds_more_than_its_bounds_and_always_the_newest(
    sizes: list[int], publications: int, max_bytes: int
) -> None:
    ring = Ring(publications, max_bytes)
    for sequence, size in enumerate(sizes, start=1):
        ring.append(entry(sequence, size))
        assert len(ring) <= publications
        held = since(ring, sequence - len(ring) + 1)
        newest = sizes[sequence - len(ring) : sequence]
        assert sum(newest) <= max_bytes
        assert held is None or held == list(range(sequence - len(ring) + 1, sequence + 1))
