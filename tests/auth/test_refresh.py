"""Refresh tokens: good once, for a while; a second use ends the family."""

from dataclasses import replace

import pytest

from auth.refresh import GRACE, Family, Verdict, judge, new_family, new_token, read, rotated

FAMILY = Family("new", "old", rotated_at=1_000, idle_at=2_000, ends_at=3_000)


def test_a_token_says_its_family_and_its_digest_is_what_is_kept() -> None:
    name = new_family()
    token, digest = new_token(name)
    presented = read(token)
    assert presented is not None
    assert (presented.family, presented.digest) == (name, digest)
    assert digest not in token
    assert new_token(name)[0] != token


@pytest.mark.parametrize("text", ["", "z" * 75, "a" * 74, "0" * 32, "0" * 32 + "é" * 43, "0" * 76])
def test_what_was_never_given_out_is_none(text: str) -> None:
    assert read(text) is None


def test_the_newest_one_is_good_until_the_family_is_idle_or_over() -> None:
    assert judge(FAMILY, "new", 1_999.9) is Verdict.GOOD
    assert judge(FAMILY, "new", 2_000) is Verdict.ENDED
    assert judge(replace(FAMILY, idle_at=9_000), "new", 3_000) is Verdict.ENDED


def test_the_one_before_is_good_for_the_grace_alone() -> None:
    assert judge(FAMILY, "old", 1_000 + GRACE - 0.1) is Verdict.GOOD
    assert judge(FAMILY, "old", 1_000 + GRACE) is Verdict.REUSED


def test_any_other_is_a_theft() -> None:
    assert judge(FAMILY, "older", 1_000) is Verdict.REUSED
    assert judge(replace(FAMILY, previous=None), "old", 1_000) is Verdict.REUSED


def test_a_use_moves_the_idle_end_and_never_the_last_one() -> None:
    after = rotated(FAMILY, "new", "newer", 1_500, idle=1_000)
    assert after == Family("newer", "new", rotated_at=1_500, idle_at=2_500, ends_at=3_000)


def test_a_use_within_the_grace_does_not_prolong_it() -> None:
    after = rotated(FAMILY, "old", "newer", 1_005, idle=1_000)
    assert (after.previous, after.rotated_at) == ("old", 1_000)


@pytest.mark.parametrize("first", ["owner", "thief"])
def test_who_stole_a_token_is_found_out_at_the_next_use_whoever_came_first(first: str) -> None:
    held = {"owner": "new", "thief": "new"}
    second = "thief" if first == "owner" else "owner"
    family = rotated(FAMILY, held[first], "a", 1_100, idle=1_000)
    held[first] = "a"
    assert judge(family, held[second], 1_105) is Verdict.GOOD  # within the grace
    family = rotated(family, held[second], "b", 1_105, idle=1_000)
    assert judge(family, held[first], 1_106) is Verdict.REUSED
