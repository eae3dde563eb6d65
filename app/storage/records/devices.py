"""Devices: what each sends for, where it is, and how often it is expected to."""

import json
from dataclasses import dataclass
from typing import Any

from app.errors import ConflictError, NotFoundError
from app.storage.sql import MOST, Sql

_COLUMNS = "tenant, id, sensors, enseigne, salle, expected_interval, created_ms, disabled"


@dataclass(frozen=True, slots=True)
class Device:
    tenant: str
    id: str
    """Unique in its tenant, and the subject of its tokens."""
    sensors: tuple[str, ...]
    created_ms: int
    enseigne: str | None = None
    """Where it is, if it is in one place; likewise the room."""
    salle: str | None = None
    interval: int | None = None
    """Seconds in which each of its sensors is expected to send; None: to be learned."""
    disabled: bool = False
    """None of its tokens and certificates is good."""


def add(sql: Sql, device: Device) -> None:
    """Raise `ConflictError` if the tenant has one of that id."""
    added = sql.change(
        """
        INSERT INTO devices
            (tenant, id, sensors, enseigne, salle, expected_interval, created_ms, disabled)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        device.tenant,
        device.id,
        json.dumps(device.sensors),
        device.enseigne,
        device.salle,
        device.interval,
        device.created_ms,
        int(device.disabled),
    )
    if not added:
        raise ConflictError("the tenant has a device of that id")


def change(sql: Sql, device: Device) -> None:
    """What it is from now on. Raise `NotFoundError`."""
    changed = sql.change(
        "UPDATE devices SET sensors = ?, enseigne = ?, salle = ?, expected_interval = ?,"
        " disabled = ? WHERE tenant = ? AND id = ?",
        json.dumps(device.sensors),
        device.enseigne,
        device.salle,
        device.interval,
        int(device.disabled),
        device.tenant,
        device.id,
    )
    if not changed:
        raise _unknown()


def find(sql: Sql, tenant: str, name: str) -> Device:
    """Raise `NotFoundError`."""
    rows = sql.rows(
        f"SELECT {_COLUMNS} FROM devices WHERE tenant = ? AND id = ?",  # noqa: S608  (the names of columns)
        tenant,
        name,
    )
    if not rows:
        raise _unknown()
    return _device(rows[0])


def listed(sql: Sql, tenant: str, after: str = "", limit: int = MOST) -> list[Device]:
    """By id, those that follow `after`."""
    rows = sql.rows(
        f"SELECT {_COLUMNS} FROM devices WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?",  # noqa: S608  (as above)
        tenant,
        after,
        limit,
    )
    return [_device(row) for row in rows]


def _device(row: tuple[Any, ...]) -> Device:
    tenant, name, sensors, enseigne, salle, interval, created_ms, disabled = row
    return Device(
        tenant=tenant,
        id=name,
        sensors=tuple(json.loads(sensors)),
        created_ms=created_ms,
        enseigne=enseigne,
        salle=salle,
        interval=interval,
        disabled=bool(disabled),
    )


def _unknown() -> NotFoundError:
    return NotFoundError("the tenant has no device of that id")
