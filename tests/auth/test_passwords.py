import unicodedata

import pytest
from argon2 import PasswordHasher

from auth.passwords import (
    WORST,
    WeakPasswordError,
    check_strength,
    hash_password,
    outdated,
    verify,
)

GOOD = "une fenêtre ouverte"


def test_length_is_the_only_rule() -> None:
    for password in ("            a", "éééééééééééè", "x" * 127 + "y", GOOD):
        check_strength(password)


@pytest.mark.parametrize(
    "password", ["", "x1" * 5 + "y", "x" * 128 + "y", "password1234", "PassWord1234", "a" * 20]
)
def test_what_is_short_long_or_among_the_worst_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        check_strength(password)
    assert not password or password not in str(refused.value)


def test_every_one_of_the_worst_would_be_long_enough() -> None:
    assert all(len(password) >= 12 and password == password.lower() for password in WORST)


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    first, second = hash_password(GOOD), hash_password(GOOD)
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert verify(first, GOOD)
    assert not verify(first, GOOD + " ")


def test_one_spelling_of_a_letter_is_as_good_as_another() -> None:
    assert verify(hash_password(GOOD), unicodedata.normalize("NFD", GOOD))


def test_nobodys_password_is_never_right() -> None:
    assert not verify(None, GOOD)
    assert not verify(None, "the password of nobody")
    assert not verify("no hash", GOOD)


def test_nobodys_password_costs_as_much_as_somebodys(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    real = PasswordHasher.verify

    def counted(hasher: PasswordHasher, kept: str, password: str) -> bool:
        hashed.append(kept)
        return real(hasher, kept, password)

    somebodys = hash_password(GOOD)
    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not verify(None, GOOD)
    assert not verify(somebodys, GOOD + "!")
    nobodys, theirs = (kept.rsplit("$", 2)[0] for kept in hashed)
    assert nobodys == theirs == "$argon2id$v=19$m=65536,t=3,p=4"


def test_a_hash_of_lower_parameters_is_outdated() -> None:
    assert outdated(PasswordHasher(time_cost=1, memory_cost=1_024).hash(GOOD))
    assert not outdated(hash_password(GOOD))
