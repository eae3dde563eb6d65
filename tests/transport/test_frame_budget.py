from app.transport.budget import FRAME_BUDGET, FRAME_PRICE, INFLATED_PRICE, FrameBudget


def spend(budget: FrameBudget, frames: int, payload: int, now: float) -> bool:
    return all(budget.spend(payload, now) for _ in range(frames))


def test_light_frames_are_bounded_within_a_second() -> None:
    budget = FrameBudget()
    assert spend(budget, FRAME_BUDGET, 0, now=10.0)
    assert not budget.spend(0, now=10.9)


def test_next_second_starts_anew() -> None:
    budget = FrameBudget()
    assert spend(budget, FRAME_BUDGET, 0, now=10.0)
    assert spend(budget, FRAME_BUDGET, 0, now=11.0)


def test_one_byte_frames_are_light() -> None:
    budget = FrameBudget()
    assert not spend(budget, FRAME_BUDGET + 1, 1, now=10.0)


def test_frames_that_carry_their_price_are_unbounded() -> None:
    budget = FrameBudget()
    assert spend(budget, 100 * FRAME_BUDGET, FRAME_PRICE, now=10.0)


def test_large_payload_is_not_saved_up_for_later_floods() -> None:
    budget = FrameBudget()
    assert budget.spend(1_000_000, now=10.0)
    assert not spend(budget, FRAME_BUDGET + 1, 0, now=10.0)


def test_what_is_inflated_costs_as_much_as_frames_whatever_its_own_frame_paid() -> None:
    budget = FrameBudget()
    for _ in range(FRAME_BUDGET // 16):
        assert budget.spend(FRAME_PRICE, now=10.0)
        assert budget.spend_inflated(16 * INFLATED_PRICE, now=10.0)
    assert not budget.spend_inflated(16 * INFLATED_PRICE, now=10.0)


def test_a_message_that_is_small_inflated_costs_its_frame_alone() -> None:
    budget = FrameBudget()
    assert all(budget.spend_inflated(INFLATED_PRICE - 1, now=10.0) for _ in range(10_000))
