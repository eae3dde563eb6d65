"""Who is shut out at the moment."""

from dataclasses import dataclass

from app.storage.sql import Sql
from auth.claims import MAX_TTL
from auth.login import Login
from auth.principal import Role
from auth.revocation import DISABLED

_LONGEST = max(MAX_TTL[Role.DASHBOARD], MAX_TTL[Role.ADMIN])


@dataclass(frozen=True, slots=True)
class Denied:
    tenants: frozenset[str]
    tokens: dict[str, int]
    """Those of disabled devices, and those that were ended early: id → the end that they state, in
    seconds since the epoch."""
    people: dict[Login, int]
    """From which second on their tokens are good; `DISABLED`: none is."""


def shut_out(sql: Sql, now: float) -> Denied:
    tenants = sql.rows("SELECT name FROM tenants WHERE disabled = 1")
    tokens = sql.rows(
        """
        SELECT id, expires_at FROM tokens
        WHERE ends_at < expires_at AND expires_at > ? AND ends_at <= ?
        UNION
        SELECT tokens.id, expires_at FROM devices JOIN tokens
            ON tokens.tenant = devices.tenant AND role = 'device' AND subject = devices.id
        WHERE devices.disabled = 1 AND expires_at > ?
        """,
        int(now),
        int(now),
        int(now),
    )
    people = sql.rows(
        "SELECT tenant, name, disabled, valid_from FROM users WHERE disabled = 1 OR valid_from > ?",
        int(now) - _LONGEST,
    )
    return Denied(
        tenants=frozenset(name for (name,) in tenants),
        tokens=dict(tokens),
        people={
            Login(tenant, name): DISABLED if disabled else valid_from
            for tenant, name, disabled, valid_from in people
        },
    )
