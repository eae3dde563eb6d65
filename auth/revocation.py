"""Which tokens are no longer good before their time: by token, or with their whole tenant."""

from collections.abc import Iterable, Mapping

from auth.principal import PLATFORM, Principal, valid_tenant


class Revocations:
    """In memory, for the question asked at every request; the app keeps them durably.

    Bounded by what exists: a token's entry goes once the token has ended (`forget_ended`), and a
    tenant's when it is enabled again. Nothing is ever evicted: that would revive a revoked token.
    """

    def __init__(
        self, tokens: Mapping[str, int] | None = None, tenants: Iterable[str] = ()
    ) -> None:
        self._ends: dict[str, int] = {}
        self._disabled: frozenset[str] = frozenset()
        self.replace(tokens or {}, tenants)

    def replace(self, tokens: Mapping[str, int], tenants: Iterable[str]) -> None:
        """Take over what the store holds: `jti` → `exp`, and the disabled tenants."""
        disabled = frozenset(tenants)
        if not all(map(valid_tenant, disabled)):
            raise ValueError("tenants: names of tenants")
        self._ends, self._disabled = dict(tokens), disabled

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
        return principal.token_id in self._ends or principal.tenant in self._disabled

    def forget_ended(self, now: float) -> int:
        """Drop the entries whose tokens have expired by themselves; how many there were."""
        ended = [token_id for token_id, end in self._ends.items() if end <= now]
        for token_id in ended:
            del self._ends[token_id]
        return len(ended)

    def __len__(self) -> int:
        """Revoked tokens that have not ended yet, as far as `forget_ended` was called."""
        return len(self._ends)
