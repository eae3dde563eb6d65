"""Who is shut out at the moment."""

from app.storage.sql import Sql
from auth.claims import MAX_TTL
from auth.principal import Role
from auth.revocation import DISABLED, Denied, Holder, Kind

_LONGEST = max(MAX_TTL[Role.DASHBOARD], MAX_TTL[Role.ADMIN])


def shut_out(sql: Sql, now: float) -> Denied:
    second = int(now)
    tenants = sql.rows("SELECT name FROM tenants WHERE disabled = 1")
    return Denied(
        tenants=frozenset(name for (name,) in tenants),
        tokens=_tokens(sql, second),
        holders=_holders(sql, second),
    )


def _tokens(sql: Sql, now: int) -> frozenset[tuple[str, str]]:
    """Those of disabled devices, those that were ended early, and those that were revoked."""
    rows = sql.rows(
        """
        SELECT tenant, id FROM tokens
        WHERE ends_at < expires_at AND expires_at > ? AND ends_at <= ?
        UNION
        SELECT tokens.tenant, tokens.id FROM devices JOIN tokens
            ON tokens.tenant = devices.tenant AND role = 'device' AND subject = devices.id
        WHERE devices.disabled = 1 AND expires_at > ?
        UNION
        SELECT tenant, token_id FROM revoked_tokens WHERE ends_at > ?
        """,
        now,
        now,
        now,
        now,
    )
    return frozenset((tenant, token_id) for tenant, token_id in rows)


def _holders(sql: Sql, now: int) -> dict[Holder, int]:
    revoked = sql.rows(
        "SELECT tenant, kind, name, good_from FROM revoked_holders WHERE ends_at > ?", now
    )
    users = sql.rows(
        "SELECT tenant, name, disabled, valid_from FROM users WHERE disabled = 1 OR valid_from > ?",
        now - _LONGEST,
    )
    holders = {Holder(tenant, Kind(kind), name): since for tenant, kind, name, since in revoked}
    for tenant, name, disabled, valid_from in users:
        who = Holder(tenant, Kind.PERSON, name)
        holders[who] = DISABLED if disabled else max(valid_from, holders.get(who, 0))
    return holders
