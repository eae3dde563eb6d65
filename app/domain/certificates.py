"""Client certificates of devices: registered, listed, used and revoked as their tokens are."""

from app.domain.registrar import Registrar
from app.errors import InvalidInputError
from app.storage.base import Store
from app.storage.records import devices, tokens
from app.storage.records.audit import Act
from app.storage.sql import Sql
from auth.certificates import read
from auth.principal import Principal, Role


def add(registrar: Registrar, sql: Sql, tenant: str, device: str, pem: str) -> Principal:
    """For whom it speaks from now on, until its own end.

    Raise `NotFoundError` without the device, `ConflictError` for one that was registered before,
    `InvalidInputError` for what is none or has ended.
    """
    owner = devices.find(sql, tenant, device)
    try:
        name, ends_at = read(pem)
        principal = Principal(
            subject=device,
            tenant=tenant,
            role=Role.DEVICE,
            token_id=name,
            issued_at=int(registrar.now),
            expires_at=ends_at,
            sensors=frozenset(owner.sensors),
        )
    except ValueError as error:
        raise InvalidInputError(
            "one certificate in PEM that has not ended", field="certificate"
        ) from error
    tokens.register(sql, principal)
    registrar.note(sql, tenant, Act.CERTIFICATE_ADDED, f"{device} {name}")
    return principal


async def holder(store: Store, name: str) -> Principal | None:
    """Whom a certificate speaks for; None for one that is not registered."""
    found = await store.consult(lambda sql: tokens.find_anywhere(sql, name))
    return None if found is None else found.principal
