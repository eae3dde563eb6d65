"""Tokens that live long enough to be forgotten: registered by their `jti`, never by their text."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.errors import ConflictError, NotFoundError
from app.storage.sql import MOST, Parameter, Sql
from auth.principal import Principal, Role

LISTED_AFTER_END = 30 * 86_400
"""Seconds for which a token that has ended by itself is still listed."""
_COLUMNS = (
    "id, tenant, role, subject, topics, sensors, issued_at, expires_at,"
    " ends_at, used_at, address, skew_ms"
)


@dataclass(frozen=True, slots=True)
class Use:
    at: int
    """Seconds since the epoch."""
    address: str
    """As limits see it."""
    skew_ms: int | None = None
    """How far the device's clock was ahead, as it was told; 0: nothing to tell, None: no device."""


@dataclass(frozen=True, slots=True)
class Token:
    principal: Principal
    """Whom it speaks for, and its end by itself."""
    ends_at: int
    """The second from which on it is refused: earlier where it was revoked or rotated."""
    used: Use | None = None


def register(sql: Sql, principal: Principal) -> None:
    """Raise `ConflictError` for an id that is taken. What ended long ago is no longer listed."""
    forgotten = principal.issued_at - LISTED_AFTER_END
    sql.change(
        "DELETE FROM tokens WHERE tenant = ? AND expires_at < ?", principal.tenant, forgotten
    )
    added = sql.change(
        """
        INSERT INTO tokens
            (id, tenant, role, subject, topics, sensors, issued_at, expires_at, ends_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        principal.token_id,
        principal.tenant,
        principal.role,
        principal.subject,
        _written(principal.topics),
        _written(None if principal.sensors is None else sorted(principal.sensors)),
        principal.issued_at,
        principal.expires_at,
        principal.expires_at,
    )
    if not added:
        raise ConflictError("it is registered already")


def end(sql: Sql, tenant: str, token_id: str, at: int) -> None:
    """Refuse it from then on, unless it ends before. Raise `NotFoundError`."""
    find(sql, tenant, token_id)
    sql.change(
        "UPDATE tokens SET ends_at = ? WHERE tenant = ? AND id = ? AND ends_at > ?",
        at,
        tenant,
        token_id,
        at,
    )


def end_all(sql: Sql, tenant: str, role: Role, subject: str, at: int) -> None:
    """Likewise, all that a subject holds."""
    sql.change(
        "UPDATE tokens SET ends_at = ? WHERE tenant = ? AND role = ? AND subject = ?"
        " AND ends_at > ?",
        at,
        tenant,
        role,
        subject,
        at,
    )


def find(sql: Sql, tenant: str, token_id: str) -> Token:
    """Raise `NotFoundError`."""
    found = _where(sql, "tenant = ? AND id = ?", tenant, token_id)
    if not found:
        raise NotFoundError("the tenant has no token of that id")
    return found[0]


def find_anywhere(sql: Sql, token_id: str) -> Token | None:
    """Whosever it is."""
    found = _where(sql, "id = ?", token_id)
    return found[0] if found else None


def of_subject(sql: Sql, tenant: str, role: Role, subject: str) -> list[Token]:
    """The newest first; of one second, what was not rotated since."""
    return _where(
        sql,
        "tenant = ? AND role = ? AND subject = ? ORDER BY issued_at DESC, ends_at DESC",
        tenant,
        role,
        subject,
    )


def living(
    sql: Sql, tenant: str, role: Role, subjects: tuple[str, str], now: float
) -> dict[str, list[Token]]:
    """Those that are not refused yet, the newest first, by subject: from one to another."""
    found = _where(
        sql,
        "tenant = ? AND role = ? AND subject BETWEEN ? AND ? AND ends_at > ?"
        " ORDER BY issued_at DESC, id DESC",
        tenant,
        role,
        *subjects,
        int(now),
    )
    held: dict[str, list[Token]] = {}
    for token in found:
        held.setdefault(token.principal.subject, []).append(token)
    return held


def listed(
    sql: Sql,
    tenant: str,
    role: Role | None = None,
    before: str | None = None,
    limit: int = MOST,
) -> list[Token]:
    """The newest first, those that were issued before the one of the id `before`."""
    chosen = "tenant = ?"
    parameters: tuple[Parameter, ...] = (tenant,)
    if role is not None:
        chosen, parameters = f"{chosen} AND role = ?", (*parameters, role)
    if before is not None:
        last = "(SELECT issued_at, id FROM tokens WHERE tenant = ? AND id = ?)"
        chosen = f"{chosen} AND (issued_at, id) < {last}"
        parameters = (*parameters, tenant, before)
    return _where(sql, f"{chosen} ORDER BY issued_at DESC, id DESC LIMIT ?", *parameters, limit)


def note_uses(sql: Sql, uses: Iterable[tuple[str, Use]]) -> None:
    """By the id of the token; one that is not registered is passed by.

    What a use does not know (no address, no skew) stays as it was.
    """
    for token_id, use in uses:
        sql.change(
            "UPDATE tokens SET used_at = ?, address = COALESCE(?, address),"
            " skew_ms = COALESCE(?, skew_ms) WHERE id = ? AND (used_at IS NULL OR used_at <= ?)",
            use.at,
            use.address or None,
            use.skew_ms,
            token_id,
            use.at,
        )


def _where(sql: Sql, condition: str, *parameters: Parameter) -> list[Token]:
    rows = sql.rows(f"SELECT {_COLUMNS} FROM tokens WHERE {condition}", *parameters)  # noqa: S608  (conditions of this file)
    return [_token(row) for row in rows]


def _token(row: tuple[Any, ...]) -> Token:
    token_id, tenant, role, subject, topics, sensors, issued_at, expires_at, *rest = row
    ends_at, used_at, address, skew_ms = rest
    principal = Principal(
        subject=subject,
        tenant=tenant,
        role=Role(role),
        token_id=token_id,
        issued_at=issued_at,
        expires_at=expires_at,
        topics=None if topics is None else tuple(json.loads(topics)),
        sensors=None if sensors is None else frozenset(json.loads(sensors)),
    )
    used = None if used_at is None else Use(used_at, address or "", skew_ms)
    return Token(principal, ends_at, used)


def _written(names: Iterable[str] | None) -> str | None:
    return None if names is None else json.dumps(list(names))
