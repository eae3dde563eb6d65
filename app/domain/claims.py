"""Claim codes: an admin makes one for a registered device, which brings it and gets its token."""

from dataclasses import dataclass

from app.domain import devices as domain
from app.domain.registrar import Issued, Registrar
from app.errors import InvalidInputError, UnauthenticatedError
from app.storage.records import claim_codes, devices
from app.storage.records.audit import Act
from app.storage.records.claim_codes import Claim
from app.storage.records.devices import Device
from app.storage.sql import Sql
from auth.claim_codes import digest, new_code
from auth.principal import Role

LIFE = 86_400
"""Seconds for which a code is good unless it says otherwise."""
LONGEST = 30 * 86_400


class ClaimRefusedError(UnauthenticatedError):
    """Wrong, used, past, replaced, or its device or tenant is disabled: nobody is told which."""

    code = "claim_refused"


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    """Shown once; its hash alone is kept."""
    ends_at: int
    """Seconds since the epoch."""


def make(
    registrar: Registrar,
    sql: Sql,
    tenant: str,
    name: str,
    *,
    life: int = LIFE,
    ttl: int = domain.LIFE,
) -> Code:
    """In place of a former one. `life` of the code and `ttl` of its token are in seconds.

    Raise `NotFoundError` without the device, `InvalidInputError` for a life out of bounds.
    """
    if not 1 <= life <= LONGEST:
        raise InvalidInputError(f"a code is good for 1 to {LONGEST} seconds", field="life")
    device = devices.find(sql, tenant, name)
    # What cannot be signed is told now, to who can mend it, and not to the device.
    registrar.sign(tenant=tenant, role=Role.DEVICE, subject=name, ttl=ttl, sensors=device.sensors)
    now, text = int(registrar.now), new_code()
    claim_codes.put(sql, Claim(tenant, name, ttl), digest(text), now, now + life)
    registrar.note(sql, tenant, Act.CLAIM_CODE_MADE, name)
    return Code(text, now + life)


def claim(registrar: Registrar, sql: Sql, code: str) -> tuple[Device, Issued]:
    """Raise `ClaimRefusedError`."""
    found = claim_codes.take(sql, digest(code), int(registrar.now))
    if found is None:
        raise ClaimRefusedError("this code gives nothing")
    device = devices.find(sql, found.tenant, found.device)
    registrar.note(sql, device.tenant, Act.DEVICE_CLAIMED, device.id)
    return device, domain.issue(registrar, sql, device, found.token_life)
