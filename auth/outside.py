"""Tokens of an identity provider: what its claims mean here, by the operator's settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from auth.claims import Claims, Rules, seconds, text, texts
from auth.principal import PLATFORM, Principal, Role

PREFIX: Final = "oidc:"
"""Before its subjects' and tokens' names: else its alice would pass for ours."""
GRANTED: Final = (Role.DASHBOARD, Role.SERVICE, Role.ADMIN)
"""Roles it may give. Devices are registered here."""


@dataclass(frozen=True, slots=True)
class OutsideClaims:
    """The names of the claims: each exact, or a path by dots (`realm_access.roles`)."""

    tenant: str
    role: str
    topics: str
    sensors: str
    token_id: str
    roles: Mapping[str, Role]
    """Its roles → ours; of several, the first named here counts. Who has none of them is a
    dashboard, or refused where `dashboard` has to be granted as well.
    """

    def principal(self, claims: Claims) -> Principal:
        tenant = text(_found(claims, self.tenant))
        if tenant == PLATFORM:
            raise ValueError("tenant: the platform is not the provider's to give")
        topics, sensors = _found(claims, self.topics), _found(claims, self.sensors)
        return Principal(
            subject=_named(claims["sub"]),
            tenant=tenant,
            role=self._role(_found(claims, self.role)),
            token_id=_named(_found(claims, self.token_id)),
            issued_at=seconds(claims["iat"]),
            expires_at=seconds(claims["exp"]),
            topics=None if topics is _ABSENT else tuple(texts(topics)),
            sensors=None if sensors is _ABSENT else frozenset(texts(sensors)),
        )

    def _role(self, value: object) -> Role:
        if value is _ABSENT or not self.roles:
            held = set[str]()
        else:
            held = {value} if type(value) is str else set(texts(value))
        for theirs, ours in self.roles.items():
            if theirs in held:
                return ours
        if Role.DASHBOARD in self.roles.values():
            raise ValueError("role: none that is known here")
        return Role.DASHBOARD


def outside_rules(
    issuer: str, audience: str, types: frozenset[str | None], claims: OutsideClaims
) -> Rules:
    """Raises ValueError for a role that is not the provider's to give."""
    if not set(claims.roles.values()) <= set(GRANTED):
        raise ValueError("roles: dashboard, service or admin")

    def principal(found: Claims) -> Principal:
        named = found["aud"]
        if audience not in ([named] if type(named) is str else texts(named)):
            raise ValueError("aud: not for us")
        return claims.principal(found)

    required = frozenset({"exp", "iat", "aud", "iss", "sub"})
    return Rules(issuer, audience, types, required, principal)


_ABSENT: Final = object()


def _named(value: object) -> str:
    if value == "":
        raise ValueError("sub, jti: empty")
    return PREFIX + text(value)


def _found(claims: Claims, name: str) -> Any:
    """Names of claims may hold dots themselves (`https://acme.example/tenant`)."""
    if name in claims:
        return claims[name]
    value: object = claims
    for part in name.split("."):
        if not isinstance(value, dict):
            raise ValueError("a claim that holds no others")  # noqa: TRY004  (of the token, not the call)
        if part not in value:
            return _ABSENT
        value = value[part]
    return value
