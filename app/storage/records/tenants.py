"""Tenants. One also comes to be with its first publication."""

import secrets
from dataclasses import dataclass

from app.errors import ConflictError, NotFoundError
from app.storage.sql import MOST, Parameter, Sql
from auth.principal import valid_tenant


@dataclass(frozen=True, slots=True)
class Tenant:
    name: str
    created_ms: int
    disabled: bool
    raw_days: int | None = None
    """A retention of its own; None: the default. Likewise below."""
    hourly_days: int | None = None
    daily_days: int | None = None


def add(sql: Sql, name: str, now_ms: int) -> None:
    """Raise `ConflictError` if there is one of that name, ValueError for no tenant's name."""
    if not valid_tenant(name):
        raise ValueError("name: not a tenant's")
    added = sql.change(
        "INSERT INTO tenants (name, epoch, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        name,
        secrets.token_hex(6),
        now_ms,
    )
    if not added:
        raise ConflictError("there is a tenant of that name")


def disable(sql: Sql, name: str, *, disabled: bool) -> None:
    """Or enable it again. Raise `NotFoundError` where there is none of that name."""
    _change(sql, "disabled = ?", int(disabled), name)


def retain(
    sql: Sql, name: str, raw_days: int | None, hourly_days: int | None, daily_days: int | None
) -> None:
    """Give a tenant a retention of its own; None: the gateway's."""
    days = (raw_days, hourly_days, daily_days)
    _change(sql, "raw_days = ?, hourly_days = ?, daily_days = ?", *days, name)


def listed(sql: Sql, after: str = "", limit: int = MOST) -> list[Tenant]:
    """By name, those that follow `after`."""
    return _where(sql, "name > ? ORDER BY name LIMIT ?", after, limit)


def find(sql: Sql, name: str) -> Tenant | None:
    found = _where(sql, "name = ?", name)
    return found[0] if found else None


def get(sql: Sql, name: str) -> Tenant:
    """Raise `NotFoundError`."""
    found = find(sql, name)
    if found is None:
        raise _unknown()
    return found


def _where(sql: Sql, condition: str, *parameters: Parameter) -> list[Tenant]:
    rows = sql.rows(
        "SELECT name, created_ms, disabled, raw_days, hourly_days, daily_days"  # noqa: S608  (conditions of this file)
        f" FROM tenants WHERE {condition}",
        *parameters,
    )
    return [
        Tenant(name, created_ms, bool(disabled), *days)
        for name, created_ms, disabled, *days in rows
    ]


def _change(sql: Sql, change: str, *parameters: Parameter) -> None:
    statement = f"UPDATE tenants SET {change} WHERE name = ?"  # noqa: S608  (the names of columns)
    if not sql.change(statement, *parameters):
        raise _unknown()


def _unknown() -> NotFoundError:
    return NotFoundError("there is no tenant of that name")
