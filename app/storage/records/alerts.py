"""Alerts that the gateway raised by a tenant's rules: the open ones, and those that were."""

from collections.abc import Sequence
from typing import Any

import msgspec

from app.errors import ConflictError, NotFoundError
from app.iaq.alarm import Turn
from app.iaq.rules import Severity, Side
from app.model import wire_time
from app.storage.sql import Sql

ALERTS = """
    CREATE TABLE alerts (
        id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        sensor_id TEXT NOT NULL,
        quantity TEXT NOT NULL,
        side TEXT NOT NULL,
        is_open INTEGER NOT NULL,
        changed_ms BIGINT NOT NULL,
        body TEXT NOT NULL
    );

    CREATE UNIQUE INDEX alert_open ON alerts (tenant, sensor_id, quantity, side) WHERE is_open = 1;

    CREATE INDEX alert_tenant ON alerts (tenant, id);

    CREATE INDEX alert_changed ON alerts (changed_ms) WHERE is_open = 0;
"""
"""The tables as both databases take them."""
UNTOLD = """
    ALTER TABLE alerts ADD COLUMN is_told INTEGER NOT NULL DEFAULT 1;

    CREATE INDEX alert_untold ON alerts (id) WHERE is_told = 0;
"""
PRUNED_AT_ONCE = 1_000


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor's, for one quantity past one side, from its raising to its end."""

    id: str
    """In the order of times."""
    tenant: str
    sensor_id: str
    enseigne: str
    salle: str
    quantity: str
    side: Side
    rule: str
    """The rule's id by which it is what it is now."""
    severity: Severity
    threshold: float
    value: float
    """That it was raised, changed or resolved by."""
    state: Turn
    raised_ms: int
    changed_ms: int
    acknowledged_by: str | None = None
    acknowledged_ms: int | None = None

    @property
    def open(self) -> bool:
        return self.state is not Turn.RESOLVED

    @property
    def message(self) -> str:
        where = "back from" if self.state is Turn.RESOLVED else self.side
        return f"{self.quantity} is {where} {self.threshold:g}"


def told(alert: Alert) -> dict[str, object]:
    """As a dashboard gets it."""
    by = alert.acknowledged_by
    return {
        "alert_id": alert.id,
        "enseigne": alert.enseigne,
        "salle": alert.salle,
        "sensor_id": alert.sensor_id,
        "severity": alert.severity,
        "state": alert.state,
        "message": alert.message,
        "quantity": alert.quantity,
        "side": alert.side,
        "value": alert.value,
        "threshold": alert.threshold,
        "rule": alert.rule,
        "raised_at": wire_time(alert.raised_ms),
        **({"acknowledged_by": by} if by else {}),
    }


_encode = msgspec.json.Encoder().encode
_DECODER = msgspec.json.Decoder(Alert)


def raise_(sql: Sql, alert: Alert) -> bool:
    """Whether it is new: of several gateways, one alone hears yes."""
    added = sql.change(
        """
        INSERT INTO alerts
            (tenant, sensor_id, quantity, side, is_open, is_told, changed_ms, body, id)
        VALUES (?, ?, ?, ?, 1, 0, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        alert.tenant,
        alert.sensor_id,
        alert.quantity,
        alert.side,
        alert.changed_ms,
        _encode(alert).decode(),
        alert.id,
    )
    return added == 1


def change(sql: Sql, alert: Alert) -> bool:
    """Whether it was open still."""
    changed = sql.change(
        """
        UPDATE alerts SET is_open = ?, is_told = 0, changed_ms = ?, body = ?
        WHERE id = ? AND is_open = 1
        """,
        int(alert.open),
        alert.changed_ms,
        _encode(alert).decode(),
        alert.id,
    )
    return changed == 1


def standing(sql: Sql, tenant: str, sensor_id: str, quantity: str, side: Side) -> Alert | None:
    rows = sql.rows(
        """
        SELECT body FROM alerts
        WHERE tenant = ? AND sensor_id = ? AND quantity = ? AND side = ? AND is_open = 1
        """,
        tenant,
        sensor_id,
        quantity,
        side,
    )
    return _read(rows[0]) if rows else None


def acknowledge(
    sql: Sql, tenant: str, alert_id: str, person: str, now_ms: int
) -> tuple[Alert, bool]:
    """It, and whether this was the first who did.

    Raise `NotFoundError`, or `ConflictError` for one that has ended.
    """
    alert = get(sql, tenant, alert_id)
    if not alert.open:
        raise ConflictError("the alert has ended")
    if alert.acknowledged_by is not None:
        return alert, False
    alert = msgspec.structs.replace(
        alert,
        state=Turn.UPDATED,
        changed_ms=now_ms,
        acknowledged_by=person,
        acknowledged_ms=now_ms,
    )
    if not change(sql, alert):
        raise ConflictError("the alert has ended")
    return alert, True


def get(sql: Sql, tenant: str, alert_id: str) -> Alert:
    """Raise `NotFoundError`."""
    alert = _find(sql, tenant, alert_id)
    if alert is None:
        raise NotFoundError("there is no such alert")
    return alert


def open_ones(sql: Sql, limit: int) -> list[Alert]:
    """Everybody's."""
    rows = sql.rows("SELECT body FROM alerts WHERE is_open = 1 ORDER BY id LIMIT ?", limit)
    return [_read(row) for row in rows]


def untold(sql: Sql, limit: int) -> list[Alert]:
    """Everybody's, of which nobody said yet that they are published as they are now."""
    rows = sql.rows("SELECT body FROM alerts WHERE is_told = 0 ORDER BY id LIMIT ?", limit)
    return [_read(row) for row in rows]


def mark_told(sql: Sql, published: Sequence[Alert]) -> None:
    """What has changed since stays untold."""
    for alert in published:
        if _find(sql, alert.tenant, alert.id) == alert:
            sql.change("UPDATE alerts SET is_told = 1 WHERE id = ?", alert.id)


def page(sql: Sql, tenant: str, before: str | None, limit: int, *, open_only: bool) -> list[Alert]:
    """The newest first, those before that id."""
    which = "AND is_open = 1" if open_only else ""
    rows = sql.rows(
        f"SELECT body FROM alerts WHERE tenant = ? AND id < ? {which} ORDER BY id DESC LIMIT ?",  # noqa: S608  (no input)
        tenant,
        before or "g",  # after every hexadecimal digit
        limit,
    )
    return [_read(row) for row in rows]


def prune(sql: Sql, before_ms: int) -> int:
    """Let go of a part of what ended before; how many there were."""
    return sql.change(
        """
        DELETE FROM alerts WHERE id IN (
            SELECT id FROM alerts WHERE is_open = 0 AND changed_ms < ? LIMIT ?
        )
        """,
        before_ms,
        PRUNED_AT_ONCE,
    )


def _find(sql: Sql, tenant: str, alert_id: str) -> Alert | None:
    rows = sql.rows("SELECT body FROM alerts WHERE tenant = ? AND id = ?", tenant, alert_id)
    return _read(rows[0]) if rows else None


def _read(row: tuple[Any, ...]) -> Alert:
    return _DECODER.decode(row[0])
