"""Tenants and devices in the embedded store, for operators at the command line.

It works on the file itself, beside a running gateway, which notices within a second.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import ConflictError, NotFoundError
from app.storage.base import Device, Tenant
from app.storage.sqlite.file import connect, prepare
from auth.principal import valid_tenant


@contextmanager
def registry(path: Path) -> Iterator["Registry"]:
    prepare(path)
    connection = connect(path)
    try:
        yield Registry(connection)
    finally:
        connection.close()


class Registry:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_tenant(self, name: str) -> None:
        """Raise `ConflictError` if there is one of that name, ValueError for no tenant's name."""
        if not valid_tenant(name):
            raise ValueError("name: not a tenant's")
        added = self._connection.execute(
            "INSERT INTO tenants (name, epoch, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (name, secrets.token_hex(6), time.time_ns() // 1_000_000),
        )
        if not added.rowcount:
            raise ConflictError("there is a tenant of that name")

    def disable_tenant(self, name: str, *, disabled: bool) -> None:
        self._change_tenant("disabled = ?", disabled, name)

    def retain(
        self, name: str, raw_days: int | None, hourly_days: int | None, daily_days: int | None
    ) -> None:
        """Give a tenant a retention of its own; None: the gateway's."""
        days = (raw_days, hourly_days, daily_days)
        self._change_tenant("raw_days = ?, hourly_days = ?, daily_days = ?", *days, name)

    def tenants(self) -> list[Tenant]:
        rows = self._connection.execute(
            """
            SELECT name, created_ms, disabled, raw_days, hourly_days, daily_days
            FROM tenants ORDER BY name
            """
        )
        return [
            Tenant(name, created_ms, bool(disabled), *days)
            for name, created_ms, disabled, *days in rows
        ]

    def add_device(self, device: Device) -> None:
        """Raise `ConflictError` if the tenant has one of that name that is not revoked."""
        added = self._connection.execute(
            """
            INSERT INTO devices (tenant, name, sensors, token_id, expires_at, created_ms)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """,
            (
                device.tenant,
                device.name,
                json.dumps(device.sensors),
                device.token_id,
                device.expires_at,
                device.created_ms,
            ),
        )
        if not added.rowcount:
            raise ConflictError("the tenant has a device of that name")

    def _change_tenant(self, change: str, *parameters: object) -> None:
        changed = self._connection.execute(
            f"UPDATE tenants SET {change} WHERE name = ?",  # noqa: S608  (the names of columns)
            parameters,
        )
        if not changed.rowcount:
            raise NotFoundError("there is no tenant of that name")

    def revoke_device(self, tenant: str, name: str) -> None:
        """Raise `NotFoundError` if the tenant never had one; revoking it twice changes nothing."""
        changed = self._connection.execute(
            "UPDATE devices SET revoked = 1 WHERE tenant = ? AND name = ?", (tenant, name)
        )
        if not changed.rowcount:
            raise NotFoundError("the tenant has no device of that name")

    def devices(self, tenant: str) -> list[Device]:
        """By name, the revoked ones of a name first."""
        rows = self._connection.execute(
            """
            SELECT tenant, name, sensors, token_id, expires_at, created_ms, revoked
            FROM devices WHERE tenant = ? ORDER BY name, revoked DESC, created_ms
            """,
            (tenant,),
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
