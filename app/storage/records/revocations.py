"""What was revoked beside the registered tokens: any token by its id, a session, a holder."""

from app.errors import ConflictError
from app.storage.sql import Sql
from auth.claims import MAX_TTL
from auth.revocation import KINDS, Holder, Kind

REVOCATIONS = """
    CREATE TABLE revoked_tokens (
        tenant TEXT NOT NULL,
        token_id TEXT NOT NULL,
        ends_at BIGINT NOT NULL,
        PRIMARY KEY (tenant, token_id)
    );

    CREATE INDEX revoked_token_end ON revoked_tokens (ends_at);

    CREATE TABLE revoked_holders (
        tenant TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        good_from BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        PRIMARY KEY (tenant, kind, name)
    );

    CREATE INDEX revoked_holder_end ON revoked_holders (ends_at);
"""
"""The tables as both databases take them. `ends_at`: when the last token that a row refuses has
ended by itself, in seconds since the epoch, as `good_from`."""

MOST_PER_TENANT = 10_000
"""In each table. At that many an admin is refused: none may make room by letting a token revive."""
LONGEST = max(MAX_TTL.values())
_LIVES = {kind: max(MAX_TTL[role] for role in KINDS if KINDS[role] is kind) for kind in Kind}


def revoke_token(sql: Sql, tenant: str, token_id: str, now: int, life: int = LONGEST) -> None:
    """Or the session of that name. `life`: how many seconds its tokens may have left."""
    sql.change("DELETE FROM revoked_tokens WHERE ends_at <= ?", now)
    sql.change(
        """
        INSERT INTO revoked_tokens (tenant, token_id, ends_at) VALUES (?, ?, ?)
        ON CONFLICT (tenant, token_id) DO UPDATE SET ends_at = excluded.ends_at
        """,
        tenant,
        token_id,
        now + life,
    )


def revoke_holder(sql: Sql, holder: Holder, now: int) -> None:
    """All that was issued to it until now."""
    sql.change("DELETE FROM revoked_holders WHERE ends_at <= ?", now)
    sql.change(
        """
        INSERT INTO revoked_holders (tenant, kind, name, good_from, ends_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (tenant, kind, name)
            DO UPDATE SET good_from = excluded.good_from, ends_at = excluded.ends_at
        """,
        *holder,
        now + 1,
        now + 1 + _LIVES[holder.kind],
    )


def good_from(sql: Sql, holder: Holder) -> int:
    """From which second on its tokens are good."""
    rows = sql.rows(
        "SELECT good_from FROM revoked_holders WHERE tenant = ? AND kind = ? AND name = ?", *holder
    )
    return int(rows[0][0]) if rows else 0


def check_room(sql: Sql, tenant: str) -> None:
    """Raise `ConflictError` where an admin has revoked too much already."""
    for table in ("revoked_tokens", "revoked_holders"):
        rows = sql.rows(f"SELECT count(*) FROM {table} WHERE tenant = ?", tenant)  # noqa: S608  (names of this file)
        if rows[0][0] >= MOST_PER_TENANT:
            raise ConflictError("too much is revoked one by one: disable the tenant")
