"""People's accounts."""

import json
from dataclasses import dataclass
from typing import Any

from app.errors import ConflictError, NotFoundError
from app.storage.records import sessions
from app.storage.sql import MOST, Parameter, Sql
from auth.login import Login
from auth.principal import PLATFORM, Role

ADDRESSES_REMEMBERED = 16
_COLUMNS = "tenant, name, role, topics, sensors, password, disabled, valid_from, created_ms"


@dataclass(frozen=True, slots=True)
class User:
    login: Login
    role: Role
    topics: tuple[str, ...] | None
    sensors: tuple[str, ...] | None
    password: str
    """Its argon2id hash."""
    created_ms: int
    disabled: bool = False
    valid_from: int = 0
    """Tokens issued before this second are no longer good."""


def add(sql: Sql, user: User) -> None:
    """Raise `ConflictError` for a name that is taken, `NotFoundError` without the tenant."""
    tenant, name = user.login
    if tenant != PLATFORM and not sql.rows("SELECT 1 FROM tenants WHERE name = ?", tenant):
        raise NotFoundError("there is no tenant of that name")
    added = sql.change(
        """
        INSERT INTO users (tenant, name, role, topics, sensors, password, created_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        tenant,
        name,
        user.role,
        _written(user.topics),
        _written(user.sensors),
        user.password,
        user.created_ms,
    )
    if not added:
        raise ConflictError("the tenant has a user of that name")


def find(sql: Sql, login: Login) -> User | None:
    """None also where the tenant is disabled."""
    enabled = "tenant NOT IN (SELECT name FROM tenants WHERE disabled = 1)"
    found = _where(sql, f"tenant = ? AND name = ? AND {enabled}", *login)
    return found[0] if found else None


def get(sql: Sql, login: Login) -> User:
    """Whatever the state of its tenant. Raise `NotFoundError`."""
    found = _where(sql, "tenant = ? AND name = ?", *login)
    if not found:
        raise _unknown()
    return found[0]


def listed(sql: Sql, tenant: str, after: str = "", limit: int = MOST) -> list[User]:
    """By name, those that follow `after`."""
    return _where(sql, "tenant = ? AND name > ? ORDER BY name LIMIT ?", tenant, after, limit)


def set_password(sql: Sql, login: Login, password: str, now: int) -> None:
    """Give a new hash; all that signed in with the former one ends."""
    _change(sql, "password = ?, valid_from = ?", password, now + 1, *login)
    sessions.end_all(sql, login)


def rehash(sql: Sql, login: Login, former: str, password: str) -> None:
    """The same password by higher parameters, unless it was changed meanwhile."""
    sql.change(
        "UPDATE users SET password = ? WHERE tenant = ? AND name = ? AND password = ?",
        password,
        *login,
        former,
    )


def disable(sql: Sql, login: Login, now: int, *, disabled: bool) -> None:
    """Or enable it again; what was signed in before stays out."""
    _change(sql, "disabled = ?, valid_from = ?", int(disabled), now + 1, *login)
    sessions.end_all(sql, login)


def sign_out(sql: Sql, login: Login, now: int) -> None:
    """End all that a user is signed in to. Raise `NotFoundError`."""
    refuse_issued(sql, login, now)
    sessions.end_all(sql, login)


def refuse_issued(sql: Sql, login: Login, now: int) -> None:
    """Access tokens that were issued until now are no longer good; new ones are a refresh away."""
    _change(sql, "valid_from = ?", now + 1, *login)


def knows_address(sql: Sql, login: Login, address: str) -> bool:
    """Whether somebody signed in as this user from there before."""
    return bool(
        sql.rows(
            "SELECT 1 FROM user_addresses WHERE tenant = ? AND name = ? AND address = ?",
            *login,
            address,
        )
    )


def remember_address(sql: Sql, login: Login, address: str, now: int) -> None:
    """The newest `ADDRESSES_REMEMBERED` of a user are."""
    sql.change(
        """
        INSERT INTO user_addresses (tenant, name, address, seen_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (tenant, name, address) DO UPDATE SET seen_at = excluded.seen_at
        """,
        *login,
        address,
        now,
    )
    sql.change(
        """
        DELETE FROM user_addresses WHERE tenant = ? AND name = ? AND address NOT IN (
            SELECT address FROM user_addresses WHERE tenant = ? AND name = ?
            ORDER BY seen_at DESC, address LIMIT ?
        )
        """,
        *login,
        *login,
        ADDRESSES_REMEMBERED,
    )


def _change(sql: Sql, change: str, *parameters: Parameter) -> None:
    statement = f"UPDATE users SET {change} WHERE tenant = ? AND name = ?"  # noqa: S608  (the names of columns)
    if not sql.change(statement, *parameters):
        raise _unknown()


def _unknown() -> NotFoundError:
    return NotFoundError("there is no user of that name")


def _where(sql: Sql, condition: str, *parameters: Parameter) -> list[User]:
    rows = sql.rows(f"SELECT {_COLUMNS} FROM users WHERE {condition}", *parameters)  # noqa: S608  (conditions of this file)
    return [_user(row) for row in rows]


def _user(row: tuple[Any, ...]) -> User:
    tenant, name, role, topics, sensors, password, disabled, valid_from, created_ms = row
    return User(
        login=Login(tenant, name),
        role=Role(role),
        topics=_read(topics),
        sensors=_read(sensors),
        password=password,
        created_ms=created_ms,
        disabled=bool(disabled),
        valid_from=valid_from,
    )


def _written(texts: tuple[str, ...] | None) -> str | None:
    return None if texts is None else json.dumps(texts)


def _read(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))
