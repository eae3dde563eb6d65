"""Claim codes: each gives one device one token, once. Only their hashes are kept."""

from dataclasses import dataclass

from app.storage.sql import Sql

CLAIM_CODES = """
    CREATE TABLE claim_codes (
        tenant TEXT NOT NULL,
        device TEXT NOT NULL,
        digest TEXT NOT NULL UNIQUE,
        ends_at BIGINT NOT NULL,
        token_life BIGINT NOT NULL,
        PRIMARY KEY (tenant, device)
    );
"""
"""The table as both databases take it."""


@dataclass(frozen=True, slots=True)
class Claim:
    tenant: str
    device: str
    token_life: int
    """Seconds that the token lives which it gives."""


def put(sql: Sql, claim: Claim, digest: str, now: int, ends_at: int) -> None:
    """In place of the device's former one, if that was not used. Times in seconds."""
    sql.change("DELETE FROM claim_codes WHERE ends_at <= ?", now)
    sql.change(
        """
        INSERT INTO claim_codes (tenant, device, digest, ends_at, token_life)
        VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (tenant, device) DO UPDATE SET
            digest = excluded.digest, ends_at = excluded.ends_at, token_life = excluded.token_life
        """,
        claim.tenant,
        claim.device,
        digest,
        ends_at,
        claim.token_life,
    )


def take(sql: Sql, digest: str, now: int) -> Claim | None:
    """Use it up. None for one that is unknown, used, past, or of a device or tenant that is
    disabled. Of several who come with it at once, one alone gets it.
    """
    rows = sql.rows(
        """
        SELECT claim_codes.tenant, device, token_life FROM claim_codes
        JOIN devices ON devices.tenant = claim_codes.tenant AND devices.id = device
        WHERE digest = ? AND ends_at > ? AND devices.disabled = 0
            AND claim_codes.tenant NOT IN (SELECT name FROM tenants WHERE disabled = 1)
        """,
        digest,
        now,
    )
    if not rows or not sql.change("DELETE FROM claim_codes WHERE digest = ?", digest):
        return None
    return Claim(*rows[0])


def withdraw(sql: Sql, tenant: str, device: str) -> None:
    """Whatever was not used yet."""
    sql.change("DELETE FROM claim_codes WHERE tenant = ? AND device = ?", tenant, device)
