"""Sign-ins that last: each is a family of refresh tokens (`auth.refresh`)."""

from app.storage.sql import Sql
from auth.login import Login
from auth.refresh import Family

SESSIONS_PER_USER = 20
"""Beyond it the one that was used longest ago ends."""


def begin(sql: Sql, login: Login, name: str, family: Family) -> None:
    sql.change("DELETE FROM sessions WHERE ends_at <= ?", family.rotated_at)
    sql.change(
        """
        INSERT INTO sessions (family, tenant, name, digest, rotated_at, idle_at, ends_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        name,
        *login,
        family.digest,
        family.rotated_at,
        family.idle_at,
        family.ends_at,
    )
    sql.change(
        """
        DELETE FROM sessions WHERE tenant = ? AND name = ? AND family NOT IN (
            SELECT family FROM sessions WHERE tenant = ? AND name = ?
            ORDER BY rotated_at DESC, family LIMIT ?
        )
        """,
        *login,
        *login,
        SESSIONS_PER_USER,
    )


def find(sql: Sql, name: str) -> tuple[Login, Family] | None:
    rows = sql.rows(
        """
        SELECT tenant, name, digest, previous, rotated_at, idle_at, ends_at
        FROM sessions WHERE family = ?
        """,
        name,
    )
    if not rows:
        return None
    tenant, user, *members = rows[0]
    return Login(tenant, user), Family(*members)


def rotate(sql: Sql, name: str, family: Family) -> None:
    sql.change(
        "UPDATE sessions SET digest = ?, previous = ?, rotated_at = ?, idle_at = ?"
        " WHERE family = ?",
        family.digest,
        family.previous,
        family.rotated_at,
        family.idle_at,
        name,
    )


def end(sql: Sql, name: str) -> None:
    sql.change("DELETE FROM sessions WHERE family = ?", name)


def end_all(sql: Sql, login: Login) -> None:
    sql.change("DELETE FROM sessions WHERE tenant = ? AND name = ?", *login)
