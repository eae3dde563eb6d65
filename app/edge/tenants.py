"""`/api/admin/tenants`: listed, made, disabled and enabled, and how long each keeps its past."""

import time
from collections.abc import Iterator
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query, Request, Response

from app.domain.decoding import decode
from app.edge.admin import admin_of
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.errors import InvalidInputError
from app.model import wire_time
from app.storage.records import tenants
from app.storage.records.audit import Act
from app.storage.records.tenants import Tenant
from app.storage.sql import Sql
from auth.principal import valid_tenant

Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)] | None


class New(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str


class Retention(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """In days, 0 for ever; what is left out is the gateway's."""

    raw: Days = None
    hourly: Days = None
    daily: Days = None


class Change(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays."""

    disabled: bool | None = None
    retention: Retention | None = None


_new = msgspec.json.Decoder(New)
_change = msgspec.json.Decoder(Change)


def routes(app: FastAPI, gateway: Gateway) -> None:
    store, audit = gateway.store, gateway.audit

    @app.get("/api/admin/tenants")
    async def listed(
        request: Request,
        after: Annotated[str, Query(max_length=63)] = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        """A tenant's admin is told of its own, which may be known by its tokens alone."""
        admin = admin_of(gateway, request)
        own = admin.reads(None)
        if own is None:
            found = await store.consult(lambda sql: tenants.listed(sql, after, limit + 1))
        else:
            known = await store.consult(lambda sql: tenants.find(sql, own))
            found = [] if known is None else [known]
        told = [_written(tenant) for tenant in found[:limit]]
        return answer({"tenants": told, "after": told[-1]["name"] if found[limit:] else None})

    @app.post("/api/admin/tenants")
    async def add(request: Request) -> Response:
        admin = admin_of(gateway, request)
        admin.require_platform()
        name = decode(_new, await json_body(request, gateway.settings)).name
        if not valid_tenant(name):
            raise InvalidInputError(
                "1 to 63 of a-z, 0-9, - and _, starting with a letter or digit", field="name"
            )

        def work(sql: Sql) -> Tenant:
            tenants.add(sql, name, time.time_ns() // 1_000_000)
            admin.note(audit, sql, name, Act.TENANT_ADDED, name)
            return tenants.get(sql, name)

        return answer(_written(await store.transact(work)), 201)

    @app.patch("/api/admin/tenants/{name}")
    async def change(request: Request, name: str) -> Response:
        admin = admin_of(gateway, request)
        admin.require_platform()
        wanted = decode(_change, await json_body(request, gateway.settings))

        def work(sql: Sql) -> Tenant:
            for act in _apply(sql, name, wanted):
                admin.note(audit, sql, name, act, name)
            return tenants.get(sql, name)

        changed = await store.transact(work)
        await gateway.watch.look()
        return answer(_written(changed))


def _apply(sql: Sql, name: str, change: Change) -> Iterator[Act]:
    """What was done, for the audit. Raise `NotFoundError`."""
    if change.disabled is not None:
        tenants.disable(sql, name, disabled=change.disabled)
        yield Act.TENANT_DISABLED if change.disabled else Act.TENANT_ENABLED
    if change.retention is not None:
        kept = change.retention
        tenants.retain(sql, name, kept.raw, kept.hourly, kept.daily)
        yield Act.TENANT_RETENTION


def _written(tenant: Tenant) -> dict[str, object]:
    return {
        "name": tenant.name,
        "created_at": wire_time(tenant.created_ms),
        "disabled": tenant.disabled,
        "retention": {
            "raw": tenant.raw_days,
            "hourly": tenant.hourly_days,
            "daily": tenant.daily_days,
        },
    }
