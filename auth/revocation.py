"""Which tokens are no longer good before their time: by token, by holder, or with their tenant."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from auth.principal import Principal, Role, valid_tenant

DISABLED: Final = sys.maxsize
"""In place of a second: none of the holder's tokens is good, whenever it was issued."""
SESSION_END: Final = "."
"""In a token's id, after the name of the session that it is of, where it is of one."""


class Kind(StrEnum):
    PERSON = "person"
    DEVICE = "device"
    SERVICE = "service"


KINDS: Final[Mapping[Role, Kind]] = MappingProxyType(
    {
        Role.DASHBOARD: Kind.PERSON,
        Role.ADMIN: Kind.PERSON,
        Role.DEVICE: Kind.DEVICE,
        Role.SERVICE: Kind.SERVICE,
    }
)


class Holder(NamedTuple):
    """Whom tokens are issued to. A person and a device of one name are two."""

    tenant: str
    kind: Kind
    name: str


def holder_of(principal: Principal) -> Holder:
    return Holder(principal.tenant, KINDS[principal.role], principal.subject)


@dataclass(frozen=True, slots=True)
class Denied:
    """Who is shut out at one moment. Raises ValueError for the platform among the tenants: its
    operators are who enables a tenant again.
    """

    tenants: frozenset[str] = frozenset()
    tokens: frozenset[tuple[str, str]] = frozenset()
    """Tenant and the id of a token, or the name of a session whose tokens all are revoked."""
    holders: Mapping[Holder, int] = field(default_factory=dict)
    """From which second on their tokens are good; `DISABLED`: none is."""

    def __post_init__(self) -> None:
        if not all(map(valid_tenant, self.tenants)):
            raise ValueError("tenants: names of tenants")


class Revocations:
    """In memory, for the question asked at every request; the app keeps them durably.

    Nothing is ever evicted: that would revive a revoked token. What has ended by itself is no more
    in what the store says.
    """

    def __init__(self) -> None:
        self.denied = Denied()
        """What the store said last; it takes the place of what it said before."""

    def revoked(self, principal: Principal) -> bool:
        denied = self.denied
        return (
            principal.tenant in denied.tenants
            or self._ended(principal)
            or principal.issued_at < self.good_from(principal)
        )

    def good_from(self, principal: Principal) -> int:
        """From which second on the tokens of this one's holder are good."""
        holders = self.denied.holders
        return holders.get(holder_of(principal), 0) if holders else 0

    def _ended(self, principal: Principal) -> bool:
        tokens, tenant, name = self.denied.tokens, principal.tenant, principal.token_id
        if not tokens:
            return False
        return (tenant, name) in tokens or (tenant, name.partition(SESSION_END)[0]) in tokens
