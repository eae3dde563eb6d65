"""Which tokens are no longer good before their time: by token, by person, or with their tenant."""

import sys
from collections.abc import Iterable, Mapping
from typing import Final

from auth.login import Login
from auth.principal import PLATFORM, Principal, Role, valid_tenant

DISABLED: Final = sys.maxsize
"""In place of a second: none of the person's tokens is good, whenever it was issued."""
_PEOPLE: Final = frozenset({Role.DASHBOARD, Role.ADMIN})


class Revocations:
    """In memory, for the question asked at every request; the app keeps them durably.

    Bounded by what exists: a token's entry goes once the token has ended (`forget_ended`), a
    tenant's when it is enabled again, a person's when what was issued before has ended. Nothing is
    ever evicted: that would revive a revoked token.
    """

    def __init__(
        self, tokens: Mapping[str, int] | None = None, tenants: Iterable[str] = ()
    ) -> None:
        self._ends: dict[str, int] = {}
        self._disabled: frozenset[str] = frozenset()
        self._people: dict[Login, int] = {}
        self.replace(tokens or {}, tenants)

    def replace(
        self,
        tokens: Mapping[str, int],
        tenants: Iterable[str],
        people: Mapping[Login, int] | None = None,
    ) -> None:
        """Take over what the store holds: `jti` → `exp`, the disabled tenants, and from which
        second on a person's tokens are good.
        """
        disabled = frozenset(tenants)
        if not all(map(valid_tenant, disabled)):
            raise ValueError("tenants: names of tenants")
        self._ends, self._disabled, self._people = dict(tokens), disabled, dict(people or {})

    def revoke(self, token_id: str, expires_at: int) -> None:
        self._ends[token_id] = expires_at

    def disable(self, tenant: str) -> None:
        """Raises ValueError for the platform: its operators are who enables a tenant again."""
        if tenant == PLATFORM or not valid_tenant(tenant):
            raise ValueError("tenant: a tenant's name")
        self._disabled |= {tenant}

    def enable(self, tenant: str) -> None:
        self._disabled -= {tenant}

    def disabled(self, tenant: str) -> bool:
        return tenant in self._disabled

    def revoked(self, principal: Principal) -> bool:
        return (
            principal.token_id in self._ends
            or principal.tenant in self._disabled
            or principal.issued_at < self.good_from(principal)
        )

    def good_from(self, principal: Principal) -> int:
        """From which second on this person's tokens are good; 0 for devices and services."""
        if not self._people or principal.role not in _PEOPLE:
            return 0
        return self._people.get(Login(principal.tenant, principal.subject), 0)

    def forget_ended(self, now: float) -> int:
        """Drop the entries whose tokens have expired by themselves; how many there were."""
        ended = [token_id for token_id, end in self._ends.items() if end <= now]
        for token_id in ended:
            del self._ends[token_id]
        return len(ended)

    def __len__(self) -> int:
        """Revoked tokens that have not ended yet, as far as `forget_ended` was called."""
        return len(self._ends)
