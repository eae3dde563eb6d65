"""From claims whose signature is right to a principal, and what they have to be for that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from auth.principal import Principal, Role

AUDIENCE: Final = "iaqverse-gateway"
TYPE: Final = "at+jwt"
MAX_CLOCK_SKEW: Final = 5
"""Seconds by which an issuer's clock may run ahead of ours."""

_HOUR, _DAY = 3_600, 86_400
MAX_TTL: Final[Mapping[Role, int]] = MappingProxyType(
    {
        Role.DASHBOARD: 12 * _HOUR,
        Role.DEVICE: 3_650 * _DAY,
        Role.SERVICE: 365 * _DAY,
        Role.ADMIN: 12 * _HOUR,
    }
)
"""Seconds a token of that role may live, from `iat` to `exp`."""

Claims: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a token of one issuer has to be, beside well signed."""

    issuer: str
    audience: str
    types: frozenset[str | None]
    """Of the header's `typ`; None: it has none."""
    required: frozenset[str]
    """Claims that jose is told to require."""
    principal: Callable[[Claims], Principal]
    """Raises ValueError or KeyError for claims that are missing, mistyped or out of bounds."""


def own_rules(issuer: str) -> Rules:
    required = frozenset({"exp", "iat", "aud", "iss", "sub", "jti"})
    return Rules(issuer, AUDIENCE, frozenset({TYPE}), required, _own_principal)


def check_times(claims: Claims, principal: Principal, now: float) -> None:
    """Raises ValueError for a token from the future or one that lives longer than its role may."""
    earliest = max(principal.issued_at, seconds(claims.get("nbf", 0)))
    if earliest > now + MAX_CLOCK_SKEW:
        raise ValueError("iat, nbf: from the future")
    if principal.expires_at - principal.issued_at > MAX_TTL[principal.role]:
        raise ValueError("exp: too long a life")


def text(value: object) -> str:
    if type(value) is not str:
        raise ValueError("a string")
    return value


def texts(value: object) -> list[str]:
    if type(value) is not list:
        raise ValueError("a list of strings")
    return [text(item) for item in value]


def seconds(value: object) -> int:
    """A whole number in JSON: neither `true`, nor `1e9`, nor `"1700000000"`."""
    if type(value) is not int:
        raise ValueError("whole seconds")
    return value


def _own_principal(claims: Claims) -> Principal:
    if text(claims["aud"]) != AUDIENCE:
        raise ValueError("aud: one, and ours")
    return Principal(
        subject=text(claims["sub"]),
        tenant=text(claims["tenant"]),
        role=Role(text(claims["role"])),
        token_id=text(claims["jti"]),
        issued_at=seconds(claims["iat"]),
        expires_at=seconds(claims["exp"]),
        topics=tuple(texts(claims["topics"])) if "topics" in claims else None,
        sensors=frozenset(texts(claims["sensors"])) if "sensors" in claims else None,
    )
