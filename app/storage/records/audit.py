"""Who did what, when and from where. Lines are added and end with their retention; none is changed.

No line holds what came from a client as it came: names are those of accounts that exist, refusals
are codes and routes.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.storage.sql import Sql

AUDIT = """
    CREATE TABLE audit (
        id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        act TEXT NOT NULL,
        actor TEXT NOT NULL,
        target TEXT NOT NULL,
        address TEXT NOT NULL,
        times BIGINT NOT NULL
    );

    CREATE INDEX audit_tenant ON audit (tenant, id);
"""
"""The table as both databases take it."""

BY_ACT = "CREATE INDEX audit_act ON audit (act, id)"
"""What is rare is found among many refusals, as both databases take it."""

PRUNED_AT_ONCE = 1_000


class Act(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSION_REUSED = "session_reused"
    REFUSED = "refused"
    TENANT_ADDED = "tenant_added"
    TENANT_DISABLED = "tenant_disabled"
    TENANT_ENABLED = "tenant_enabled"
    TENANT_RETENTION = "tenant_retention"
    USER_ADDED = "user_added"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    USER_PASSWORD = "user_password"  # noqa: S105  (an act's name)
    USER_SIGNED_OUT = "user_signed_out"
    DEVICE_ADDED = "device_added"
    CERTIFICATE_ADDED = "certificate_added"
    DEVICE_CLAIMED = "device_claimed"
    CLAIM_CODE_MADE = "claim_code_made"
    DEVICE_CHANGED = "device_changed"
    DEVICE_ROTATED = "device_rotated"
    DEVICE_REVOKED = "device_revoked"
    DEVICE_DISABLED = "device_disabled"
    DEVICE_ENABLED = "device_enabled"
    TOKEN_ISSUED = "token_issued"  # noqa: S105  (as above)
    TOKEN_ROTATED = "token_rotated"  # noqa: S105  (as above)
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  (as above)
    SERVICE_REVOKED = "service_revoked"
    CONNECTION_KICKED = "connection_kicked"
    ALERT_RULES_CHANGED = "alert_rules_changed"
    PLAN_CHANGED = "plan_changed"
    OUTLETS_CHANGED = "outlets_changed"
    KEY_MADE = "key_made"
    KEY_PRUNED = "key_pruned"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    KEYS_ROTATED = "keys_rotated"


@dataclass(frozen=True, slots=True)
class Entry:
    tenant: str
    """Whose admin may read it; `*`: the platform's alone."""
    at_ms: int
    act: Act
    actor: str
    """A user's name, or who typed a command; empty: nobody knows."""
    target: str
    address: str
    """A client's, as limits see it, or `cli`."""
    times: int = 1
    """How often, of what came many times."""


@dataclass(frozen=True, slots=True)
class Page:
    entries: list[Entry]
    """The newest first."""
    before: str | None
    """Where the next page begins; None: there is none."""


def write(sql: Sql, entry: Entry) -> None:
    sql.change(
        "INSERT INTO audit (id, tenant, at_ms, act, actor, target, address, times)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        f"{entry.at_ms:011x}{secrets.token_hex(6)}",  # in the order of time
        entry.tenant,
        entry.at_ms,
        entry.act,
        entry.actor,
        entry.target,
        entry.address,
        entry.times,
    )


def page(
    sql: Sql, tenant: str | None, before: str | None, limit: int, act: Act | None = None
) -> Page:
    """Of one tenant, or of all for None; likewise of one act."""
    wanted = {"id < ?": before or "g"}  # after every hexadecimal digit
    if tenant is not None:
        wanted["tenant = ?"] = tenant
    if act is not None:
        wanted["act = ?"] = act
    rows = sql.rows(
        "SELECT id, tenant, at_ms, act, actor, target, address, times FROM audit"  # noqa: S608  (built of placeholders)
        f" WHERE {' AND '.join(wanted)} ORDER BY id DESC LIMIT ?",
        *wanted.values(),
        limit + 1,
    )
    more = rows[limit - 1][0] if len(rows) > limit else None
    return Page([_entry(row) for row in rows[:limit]], more)


def prune(sql: Sql, before_ms: int) -> int:
    """Let go of a part of what is older; how many lines it was."""
    return sql.change(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?)",
        f"{before_ms:011x}",
        PRUNED_AT_ONCE,
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    _, tenant, at_ms, act, *rest = row
    return Entry(tenant, at_ms, Act(act), *rest)
