"""Alerts on their way to outlets: each goes out until it is taken, or given up."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from app.storage.sql import Sql

DELIVERIES = """
    CREATE TABLE deliveries (
        id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        outlet TEXT NOT NULL,
        alert TEXT NOT NULL,
        tries BIGINT NOT NULL,
        due_ms BIGINT NOT NULL
    );

    CREATE INDEX delivery_due ON deliveries (due_ms);

    CREATE INDEX delivery_tenant ON deliveries (tenant);
"""
"""The tables as both databases take them."""
MOST_WAITING = 1_000
"""Of a tenant; of what comes beyond it nobody is told but by the pages."""


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    tenant: str
    outlet: str
    """JSON, as the alert."""
    alert: str
    tries: int
    due_ms: int


def add(sql: Sql, delivery: Delivery) -> bool:
    """Whether there was room for it."""
    ((waiting,),) = sql.rows("SELECT count(*) FROM deliveries WHERE tenant = ?", delivery.tenant)
    if waiting >= MOST_WAITING:
        return False
    sql.change(
        """
        INSERT INTO deliveries (id, tenant, outlet, alert, tries, due_ms)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        delivery.id,
        delivery.tenant,
        delivery.outlet,
        delivery.alert,
        delivery.tries,
        delivery.due_ms,
    )
    return True


def take(
    sql: Sql, now_ms: int, until_ms: int, limit: int, of_one: int, *, but: Collection[str] = ()
) -> list[Delivery]:
    """What is due, not more than so many of one tenant, but for some tenants; nobody else gets it
    before `until_ms`.
    """
    others = f"AND tenant NOT IN ({', '.join('?' * len(but))})" if but else ""
    rows = sql.rows(
        f"""
        SELECT id, tenant, outlet, alert, tries, due_ms FROM (
            SELECT id, tenant, outlet, alert, tries, due_ms,
                   row_number() OVER (PARTITION BY tenant ORDER BY due_ms, id) AS place
            FROM deliveries WHERE due_ms <= ? {others}
        ) AS due WHERE place <= ? ORDER BY due_ms, id LIMIT ?
        """,  # noqa: S608  (built of placeholders)
        now_ms,
        *but,
        of_one,
        limit,
    )
    due = [Delivery(*row) for row in rows]
    return [replace(each, due_ms=until_ms) for each in due if put_off(sql, each, until_ms)]


def put_off(sql: Sql, delivery: Delivery, due_ms: int, tries: int = 0) -> bool:
    """Whether it was still due when `delivery` says; `tries` more were made of it."""
    changed = sql.change(
        "UPDATE deliveries SET due_ms = ?, tries = tries + ? WHERE id = ? AND due_ms = ?",
        due_ms,
        tries,
        delivery.id,
        delivery.due_ms,
    )
    return changed == 1


def remove(sql: Sql, delivery_id: str) -> None:
    sql.change("DELETE FROM deliveries WHERE id = ?", delivery_id)
