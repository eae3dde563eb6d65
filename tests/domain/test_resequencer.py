"""Publications that come early, twice or never: out in order, or said to be missing."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.domain import resequencer
from app.domain.resequencer import Resequencer
from app.model import Position, Publication, RoutingKey, Topic

EPOCH, OTHER = "0123456789ab", "ba9876543210"


def publication(sequence: int, epoch: str = EPOCH) -> Publication:
    return Publication("acme", Position(epoch, sequence), RoutingKey(Topic.ALERTS), b"{}")


def some(*sequences: int) -> list[Publication]:
    return [publication(each) for each in sequences]


def sequences(publications: Sequence[Publication]) -> list[int]:
    return [each.position.sequence for each in publications]


def begun(sequence: int = 0) -> Resequencer:
    order = Resequencer()
    assert order.begin(Position(EPOCH, sequence)) == ()
    return order


def test_what_is_next_comes_out_as_it_came_in() -> None:
    order, sent = begun(7), some(8, 9, 10)
    assert order.take(sent) is sent
    assert (order.position, order.behind) == (Position(EPOCH, 10), False)
    assert order.take([]) == ()


def test_what_is_early_waits_for_what_is_before_it() -> None:
    order = begun()
    assert order.take(some(2, 3)) == []
    assert order.behind
    assert sequences(order.take(some(1))) == [1, 2, 3]
    assert not order.behind


def test_what_came_out_does_not_come_out_again() -> None:
    order = begun(3)
    assert sequences(order.take(some(2, 3, 4, 5))) == [4, 5]
    assert order.take(some(4, 5)) == []


def test_what_begins_and_ends_as_the_next_ones_would_is_looked_at_all_the_same() -> None:
    """Two gateways committed at once, and one answer of the broker brought both."""
    assert sequences(begun(4).take(some(5, 6, 9, 10, 7, 8, 11, 12))) == [*range(5, 13)]
    order = begun(4)
    assert sequences(order.take(some(5, 6, 6, 8))) == [5, 6]
    assert order.behind
    other = [publication(5), publication(6, OTHER), publication(7)]
    assert sequences(begun(4).take(other)) == [5]


def test_before_it_has_begun_everything_waits_and_what_was_known_by_then_is_dropped() -> None:
    order = Resequencer()
    assert order.take(some(4, 5, 6)) == []
    assert not order.behind
    assert sequences(order.begin(Position(EPOCH, 5))) == [6]


def test_what_is_of_another_epoch_never_comes_out() -> None:
    order = begun(1)
    assert order.take([publication(2, OTHER)]) == []
    assert not order.behind
    late = Resequencer()
    late.take([publication(2, OTHER)])
    assert late.begin(Position(EPOCH, 1)) == []
    assert sequences(late.take(some(2))) == [2]


def test_what_is_known_to_be_kept_is_missed_until_it_comes() -> None:
    order = begun(1)
    order.expect(2)
    assert order.behind
    order.take(some(2))
    assert not order.behind


def test_what_waits_is_bounded_and_the_rest_is_missed() -> None:
    order, most = begun(), resequencer.MAX_EARLY
    order.take(some(*range(2, most + 4)))
    assert sequences(order.take(some(1))) == list(range(1, most + 2))
    assert order.behind
    assert sequences(order.take(some(most + 2, most + 3))) == [most + 2, most + 3]
    assert not order.behind


@given(st.data(), st.permutations(range(1, 9)))
def test_however_they_come_they_come_out_once_and_in_order(
    data: st.DataObject, arrival: list[int]
) -> None:
    order, out = Resequencer(), list[int]()
    start = data.draw(st.integers(0, 4))
    begin_after = data.draw(st.integers(0, 8))
    for number, sequence in enumerate(arrival):
        if number == begin_after:
            out += sequences(order.begin(Position(EPOCH, start)))
        again = data.draw(st.sampled_from([[], arrival[:2]]))
        out += sequences(order.take(some(*sorted({sequence, *again}))))
    if begin_after == len(arrival):
        out += sequences(order.begin(Position(EPOCH, start)))
    assert out == list(range(start + 1, 9))
    assert not order.behind
