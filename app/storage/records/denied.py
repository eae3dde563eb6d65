"""Who is shut out at the moment."""

from dataclasses import dataclass

from app.storage.sql import Sql


@dataclass(frozen=True, slots=True)
class Denied:
    tenants: frozenset[str]
    tokens: dict[str, int]
    """Revoked ones that have not ended yet: id → end, in seconds since the epoch."""


def shut_out(sql: Sql, now: float) -> Denied:
    tenants = sql.rows("SELECT name FROM tenants WHERE disabled = 1")
    tokens = sql.rows(
        "SELECT token_id, expires_at FROM devices WHERE revoked = 1 AND expires_at > ?", int(now)
    )
    return Denied(frozenset(name for (name,) in tenants), dict(tokens))
