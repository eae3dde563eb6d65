"""Which key signs when, and until when the former ones verify."""

import pytest

from auth.schedule import MARGIN, Schedule, Turn

THREE = Schedule((Turn("a", 0, 900), Turn("b", 1_000, 43_200), Turn("c", 2_000)))


def test_it_reads_what_it_writes() -> None:
    assert Schedule.parse(str(THREE)) == THREE
    assert str(THREE) == "a 0 900\nb 1000 43200\nc 2000 0\n"


def test_a_kid_alone_signs_since_ever() -> None:
    assert Schedule.parse("a\n") == Schedule((Turn("a", 0, 0),))


@pytest.mark.parametrize("text", ["\n", "a\n\nb", "a soon", "a 1.5", "a 1 x", "a 1 2 3"])
def test_what_is_no_schedule(text: str) -> None:
    with pytest.raises(ValueError, match="no schedule"):
        Schedule.parse(text)


@pytest.mark.parametrize(
    ("now", "kid"), [(0, "a"), (999.9, "a"), (1_000, "b"), (1_999.9, "b"), (2_000, "c")]
)
def test_a_key_signs_until_the_next_one_s_turn(now: float, kid: str) -> None:
    assert THREE.at(now).kid == kid


def test_before_the_first_turn_nothing_signs() -> None:
    with pytest.raises(ValueError, match="no key"):
        Schedule((Turn("a", 10),)).at(9)


def test_a_key_has_ended_with_the_longest_lived_token_it_can_have_signed() -> None:
    assert THREE.ends() == {"a": 1_000 + 900 + MARGIN, "b": 2_000 + 43_200 + MARGIN}


def test_turns_are_in_the_order_of_their_times() -> None:
    urgent = THREE.with_turn(Turn("urgent", 1_500))
    assert [turn.kid for turn in urgent.turns] == ["a", "b", "urgent", "c"]


def test_only_the_longest_life_counts() -> None:
    longer = THREE.with_life("a", 1_200)
    assert longer.turns[0].longest == 1_200
    assert longer.turns[1:] == THREE.turns[1:]
    assert THREE.with_life("a", 300) == THREE


def test_a_key_that_is_gone_has_no_turn() -> None:
    assert [turn.kid for turn in THREE.without({"b"}).turns] == ["a", "c"]
