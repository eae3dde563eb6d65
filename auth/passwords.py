"""Passwords: which ones are taken, and how they are kept (argon2id, RFC 9106)."""

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

MIN_LENGTH, MAX_LENGTH = 12, 128
"""Length is the only rule (NIST SP 800-63B section 3.1.1.2)."""

WORST: Final = frozenset(
    {
        "123456789012",
        "1234567890123",
        "012345678901",
        "qwertyuiop123",
        "qwertyuiop12",
        "azertyuiop123",
        "azertyuiop12",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "passwordpassword",
        "password1234",
        "password12345",
        "password123456",
        "motdepasse123",
        "motdepasse1234",
        "motdepassemotdepasse",
        "administrator",
        "administrateur",
        "adminadminadmin",
        "iloveyou1234",
        "letmeinletmein",
        "iaqverse1234",
        "iaqverseiaqverse",
        "changemechangeme",
        "correcthorsebatterystaple",
    }
)
"""The worst that length lets through, in lower case; one character over and over is refused too."""

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_NOBODYS: Final = "${}$v=19$m={},t={},p={}${}${}".format(  # salt and hash of zeros, nothing to make
    "argon2id", _hasher.memory_cost, _hasher.time_cost, _hasher.parallelism, "A" * 22, "A" * 43
)


class WeakPasswordError(ValueError):
    """Says which rule, never the password."""


def check_strength(password: str) -> None:
    """Raise `WeakPasswordError`."""
    text = _normal(password)
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise WeakPasswordError(f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters")
    if text.lower() in WORST or len(set(text)) == 1:
        raise WeakPasswordError("this password is among the first that are tried")


def hash_password(password: str) -> str:
    """With its parameters and its salt. Takes some 50 ms and 64 MiB, as `verify`."""
    return _hasher.hash(_normal(password))


def verify(kept: str | None, password: str) -> bool:
    """None, for nobody's, is false and costs as much: time tells nobody who exists."""
    try:
        _hasher.verify(_NOBODYS if kept is None else kept, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the parameters have risen since it was made."""
    return _hasher.check_needs_rehash(kept)


def _normal(password: str) -> str:
    """One spelling whatever keyboard it came from (NIST SP 800-63B section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
