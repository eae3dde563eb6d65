"""What the routes share that give out tokens and take them back."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from app.domain.registrar import Issued, Registrar
from app.edge.admin import Admin
from app.edge.gateway import Gateway
from app.model import wire_time
from app.storage.records.tokens import Token
from app.storage.sql import Sql

GRACE = 86_400
"""Seconds for which both tokens are good after a rotation, unless it says otherwise."""

T = TypeVar("T")


async def act(
    gateway: Gateway, admin: Admin, asked: str | None, work: Callable[[Registrar, Sql, str], T]
) -> T:
    """In one transaction, on the one tenant that is asked for; in force here when it returns."""
    tenant = admin.acts_on(asked)
    registrar = Registrar(gateway.keys.issuer, partial(admin.note, gateway.audit), time.time())
    done = await gateway.store.transact(lambda sql: work(registrar, sql, tenant))
    await gateway.watch.look()
    return done


def shown_once(issued: Issued) -> dict[str, object]:
    return {
        "token": issued.token,
        "token_id": issued.principal.token_id,
        "expires_at": wire_time(issued.principal.expires_at * 1_000),
    }


def listed(token: Token) -> dict[str, object]:
    principal, used = token.principal, token.used
    return {
        "id": principal.token_id,
        "tenant": principal.tenant,
        "role": principal.role,
        "subject": principal.subject,
        "topics": principal.topics,
        "sensors": None if principal.sensors is None else sorted(principal.sensors),
        "issued_at": wire_time(principal.issued_at * 1_000),
        "expires_at": wire_time(principal.expires_at * 1_000),
        "ends_at": wire_time(token.ends_at * 1_000),
        "last_used_at": wire_time(used.at * 1_000) if used else None,
        "last_address": used.address if used else None,
        "clock_offset_ms": used.skew_ms if used else None,
    }
