"""Devices, each with the token that it was given."""

import json
from dataclasses import dataclass

from app.errors import ConflictError, NotFoundError
from app.storage.sql import Sql


@dataclass(frozen=True, slots=True)
class Device:
    tenant: str
    name: str
    sensors: tuple[str, ...]
    token_id: str
    expires_at: int
    created_ms: int
    revoked: bool


def add(sql: Sql, device: Device) -> None:
    """Raise `ConflictError` if the tenant has one of that name that is not revoked."""
    added = sql.change(
        """
        INSERT INTO devices (tenant, name, sensors, token_id, expires_at, created_ms)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        device.tenant,
        device.name,
        json.dumps(device.sensors),
        device.token_id,
        device.expires_at,
        device.created_ms,
    )
    if not added:
        raise ConflictError("the tenant has a device of that name")


def revoke(sql: Sql, tenant: str, name: str) -> None:
    """Raise `NotFoundError` if the tenant never had one; revoking it twice changes nothing."""
    if not sql.change("UPDATE devices SET revoked = 1 WHERE tenant = ? AND name = ?", tenant, name):
        raise NotFoundError("the tenant has no device of that name")


def listed(sql: Sql, tenant: str) -> list[Device]:
    """By name, the revoked ones of a name first."""
    rows = sql.rows(
        """
        SELECT tenant, name, sensors, token_id, expires_at, created_ms, revoked
        FROM devices WHERE tenant = ? ORDER BY name, revoked DESC, created_ms
        """,
        tenant,
    )
    return [
        Device(
            tenant=owner,
            name=name,
            sensors=tuple(json.loads(sensors)),
            token_id=token_id,
            expires_at=expires_at,
            created_ms=created_ms,
            revoked=bool(revoked),
        )
        for owner, name, sensors, token_id, expires_at, created_ms, revoked in rows
    ]
