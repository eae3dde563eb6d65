"""Devices: registered, given tokens, shut out; each act in one transaction with its audit line."""

import re
import secrets
from dataclasses import replace

from app.domain import revoking
from app.domain.registrar import Issued, Registrar
from app.domain.revoking import Revoked
from app.errors import InvalidInputError
from app.storage.records import claim_codes, devices, tokens
from app.storage.records.audit import Act
from app.storage.records.devices import Device
from app.storage.sql import Sql
from auth.principal import Role

_ID = re.compile(r"\A\w[\w.:+-]{0,63}\Z")
LIFE = 365 * 86_400
"""Seconds that a device's token lives unless somebody says otherwise."""


def register(registrar: Registrar, sql: Sql, device: Device) -> None:
    """Raise `ConflictError` for an id that is taken, `InvalidInputError` for what is none."""
    if not _ID.match(device.id):
        raise InvalidInputError(
            "an id has 1 to 64 letters, digits and . : _ + -, a letter or digit first", field="id"
        )
    _check_sensors(device)
    devices.add(sql, device)
    registrar.note(sql, device.tenant, Act.DEVICE_ADDED, device.id)


def new_id() -> str:
    """For one that nobody named."""
    return f"device-{secrets.token_hex(4)}"


def issue(registrar: Registrar, sql: Sql, device: Device, ttl: int = LIFE) -> Issued:
    """A token that names the device's sensors; `ttl` in seconds."""
    return registrar.issue(
        sql,
        tenant=device.tenant,
        role=Role.DEVICE,
        subject=device.id,
        ttl=ttl,
        sensors=device.sensors,
    )


def rotate(
    registrar: Registrar, sql: Sql, tenant: str, name: str, *, grace: int, ttl: int = LIFE
) -> Issued:
    """A new token for the sensors that it has now; its others end `grace` seconds from now.

    Raise `NotFoundError`.
    """
    device = devices.find(sql, tenant, name)
    tokens.end_all(sql, tenant, Role.DEVICE, name, int(registrar.now) + grace)
    registrar.note(sql, tenant, Act.DEVICE_ROTATED, name)
    return issue(registrar, sql, device, ttl)


def revoke(registrar: Registrar, sql: Sql, tenant: str, name: str) -> None:
    """All that was issued to it until now, and what waits to be claimed. Raise `NotFoundError`."""
    devices.find(sql, tenant, name)
    claim_codes.withdraw(sql, tenant, name)
    revoking.revoke(sql, tenant, Revoked.DEVICE, name, int(registrar.now))
    registrar.note(sql, tenant, Act.DEVICE_REVOKED, name)


def change(registrar: Registrar, sql: Sql, device: Device) -> None:
    """While it is disabled, all that it was given is refused; afterwards it is good again.

    Sensors count from its next token on. Raise `NotFoundError`, or `InvalidInputError` as
    `register`.
    """
    former = devices.find(sql, device.tenant, device.id)
    _check_sensors(device)
    devices.change(sql, device)
    if replace(former, disabled=device.disabled) != device:
        registrar.note(sql, device.tenant, Act.DEVICE_CHANGED, device.id)
    if former.disabled != device.disabled:
        act = Act.DEVICE_DISABLED if device.disabled else Act.DEVICE_ENABLED
        registrar.note(sql, device.tenant, act, device.id)


def _check_sensors(device: Device) -> None:
    if not device.sensors:
        raise InvalidInputError("a device sends for at least one sensor", field="sensors")
