"""Refresh tokens: who signed in once stays so, with a token that changes at each use.

All that descend from one sign-in are a family. A token says which family and holds 256 random bits,
of which only the SHA-256 is kept. One that was used before means that two hold the family, and one
of them stole it: the family ends (RFC 9700 section 4.14.2).
"""

import re
import secrets
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import sha256
from hmac import compare_digest
from typing import Final

GRACE: Final = 10.0
"""Seconds in which the token before the newest one is still taken: a page that was reloaded, or a
network that broke, while the answer was on its way. Who took the other successor is found out at
its next use.
"""

_TOKEN: Final = re.compile(r"\A([0-9a-f]{32})([A-Za-z0-9_-]{43})\Z")


@dataclass(frozen=True, slots=True)
class Presented:
    """A token as a browser brings it: its family, and the digest of its secret."""

    family: str
    digest: str


@dataclass(frozen=True, slots=True)
class Family:
    """Times are in seconds since the epoch."""

    digest: str
    """Of the newest token."""
    previous: str | None
    """Of the one before."""
    rotated_at: int
    idle_at: int
    """It ends when nobody comes until then; `ends_at` is the end whoever comes."""
    ends_at: int


class Verdict(Enum):
    GOOD = auto()
    ENDED = auto()
    REUSED = auto()


def new_family() -> str:
    return secrets.token_hex(16)


def new_token(family: str) -> tuple[str, str]:
    """The token for the browser, and the digest to keep."""
    secret = secrets.token_urlsafe(32)
    return family + secret, _digest(secret)


def session_name(family: str) -> str:
    """What access tokens say of the family that they are of: nothing that leads to it."""
    return _digest(family)[:32]


def read(token: str) -> Presented | None:
    """None for what was never given out."""
    parts = _TOKEN.match(token)
    return None if parts is None else Presented(parts[1], _digest(parts[2]))


def judge(family: Family, digest: str, now: float) -> Verdict:
    if now >= min(family.idle_at, family.ends_at):
        return Verdict.ENDED
    if compare_digest(digest, family.digest):
        return Verdict.GOOD
    in_time = now < family.rotated_at + GRACE
    if in_time and family.previous and compare_digest(digest, family.previous):
        return Verdict.GOOD
    return Verdict.REUSED


def rotated(family: Family, presented: str, successor: str, now: int, idle: int) -> Family:
    """After a token that was judged good. The grace runs from the first use, not from the last."""
    first = compare_digest(presented, family.digest)
    return Family(
        digest=successor,
        previous=presented,
        rotated_at=now if first else family.rotated_at,
        idle_at=now + idle,
        ends_at=family.ends_at,
    )


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
