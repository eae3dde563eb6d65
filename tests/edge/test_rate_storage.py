"""The table in which windows are counted: bounded, and shrinking by use."""

from limits import parse
from limits.strategies import FixedWindowRateLimiter

from app.edge.rate_storage import BoundedStorage


def test_a_window_counts_until_it_ends() -> None:
    storage = BoundedStorage()
    assert [storage.incr("a", 60), storage.incr("a", 60, amount=5)] == [1, 6]
    assert storage.get("a") == 6
    assert storage.incr("b", 0) == 1
    assert storage.incr("b", 60) == 1
    assert storage.get("nobody") == 0


def test_at_its_bound_the_oldest_window_makes_room_and_is_counted() -> None:
    storage = BoundedStorage(capacity=2)
    for key in "abc":
        storage.incr(key, 60)
    assert (len(storage), storage.evicted) == (2, 1)
    assert [storage.get(key) for key in "abc"] == [0, 1, 1]


def test_it_never_holds_more_than_its_bound_of_one_key() -> None:
    storage = BoundedStorage(capacity=1)
    strategy = FixedWindowRateLimiter(storage)
    rate = parse("1/minute")
    for number in range(100):
        assert strategy.hit(rate, str(number))
        assert not strategy.hit(rate, str(number))
        assert len(storage) == 1


def test_windows_that_ended_go_as_new_ones_come() -> None:
    storage = BoundedStorage()
    for number in range(10):
        storage.incr(f"ended-{number}", 0)
    for number in range(5):
        storage.incr(f"new-{number}", 60)
    assert (len(storage), storage.evicted) == (5, 0)


def test_it_forgets_one_or_all_when_asked() -> None:
    storage = BoundedStorage()
    storage.incr("a", 60)
    storage.incr("b", 60)
    storage.clear("a")
    assert (storage.get("a"), storage.get("b")) == (0, 1)
    assert storage.reset() == 1
    assert len(storage) == 0
    assert storage.check()
