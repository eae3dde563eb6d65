"""Revokes whatever an admin names: a token, or all that somebody or something holds."""

from enum import StrEnum

from app.errors import NotFoundError
from app.storage.records import revocations, tokens, users
from app.storage.records.audit import Act
from app.storage.sql import Sql
from auth.login import Login
from auth.principal import Role
from auth.revocation import Holder, Kind


class Revoked(StrEnum):
    TOKEN = "token"  # noqa: S105  (what is revoked, no secret)
    USER = "user"
    DEVICE = "device"
    SERVICE = "service"


ACTS = {
    Revoked.TOKEN: Act.TOKEN_REVOKED,
    Revoked.USER: Act.USER_SIGNED_OUT,
    Revoked.DEVICE: Act.DEVICE_REVOKED,
    Revoked.SERVICE: Act.SERVICE_REVOKED,
}


def revoke(sql: Sql, tenant: str, what: Revoked, name: str, now: int) -> None:
    """From now on; it need not be known here. Raise `ConflictError` beyond the bound."""
    revocations.check_room(sql, tenant)
    match what:
        case Revoked.TOKEN:
            _end_token(sql, tenant, name, now)
        case Revoked.USER:
            _sign_out(sql, Login(tenant, name), now)
        case Revoked.DEVICE:
            _end_all(sql, Holder(tenant, Kind.DEVICE, name), Role.DEVICE, now)
        case Revoked.SERVICE:
            _end_all(sql, Holder(tenant, Kind.SERVICE, name), Role.SERVICE, now)


def _end_token(sql: Sql, tenant: str, token_id: str, now: int) -> None:
    """One that is registered is listed as revoked; any other is remembered by its id."""
    try:
        tokens.end(sql, tenant, token_id, now)
    except NotFoundError:
        revocations.revoke_token(sql, tenant, token_id, now)


def _sign_out(sql: Sql, who: Login, now: int) -> None:
    """An account's sessions end as well; whoever has none here is an identity provider's."""
    try:
        users.sign_out(sql, who, now)
    except NotFoundError:
        revocations.revoke_holder(sql, Holder(who.tenant, Kind.PERSON, who.name), now)


def _end_all(sql: Sql, holder: Holder, role: Role, now: int) -> None:
    tokens.end_all(sql, holder.tenant, role, holder.name, now)
    revocations.revoke_holder(sql, holder, now)
