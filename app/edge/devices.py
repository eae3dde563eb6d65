"""`/api/admin/devices`: what sends for which sensors, and the tokens that it holds."""

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import msgspec
from fastapi import FastAPI, Query, Request, Response

from app.domain import certificates, claims
from app.domain import devices as domain
from app.domain.decoding import decode
from app.domain.measurement import Name
from app.domain.registrar import Registrar
from app.edge.admin import admin_of, answer
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.edge.registering import GRACE, act, listed, shown_once
from app.edge.tokens import Grace, Seconds, Tenant
from app.model import wire_time
from app.storage.records import devices, tokens
from app.storage.records.devices import Device
from app.storage.records.tokens import Token
from app.storage.sql import Sql
from auth.certificates import MAX_PEM_LENGTH
from auth.claim_codes import qr_text
from auth.principal import MAX_SENSORS, Role


class Claimable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    life: Seconds = claims.LIFE
    """Of the code; `ttl` is of its token."""
    ttl: Seconds = domain.LIFE


class NewDevice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    sensors: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=MAX_SENSORS)]
    id: str | None = None
    enseigne: Name | None = None
    salle: Name | None = None
    interval: Annotated[int, msgspec.Meta(ge=1, le=604_800)] | None = None
    ttl: Seconds = domain.LIFE
    """Of its token."""
    claim: Claimable | None = None
    """Given instead of a token."""


class Rotation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    grace: Grace = GRACE
    ttl: Seconds = domain.LIFE


class Certificate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    certificate: Annotated[str, msgspec.Meta(max_length=MAX_PEM_LENGTH)]
    """In PEM."""


Change = Literal["revoke", "disable", "enable"]
_CHANGES: dict[Change, Callable[[Registrar, Sql, str, str], None]] = {
    "revoke": domain.revoke,
    "disable": partial(domain.disable, disabled=True),
    "enable": partial(domain.disable, disabled=False),
}
_new = msgspec.json.Decoder(NewDevice)
_certificate = msgspec.json.Decoder(Certificate)
_claimable = msgspec.json.Decoder(Claimable)
_rotation = msgspec.json.Decoder(Rotation)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/admin/devices")
    async def registered(
        request: Request,
        tenant: Tenant = None,
        after: Annotated[str, Query(max_length=128)] = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        owner = admin_of(gateway, request).acts_on(tenant)
        found, held = await gateway.store.consult(lambda sql: _page(sql, owner, after, limit + 1))
        page = found[:limit]
        more = page[-1].id if len(found) > limit else None
        shown = [_written(device, held.get(device.id, [])) for device in page]
        return answer({"devices": shown, "after": more})

    @app.post("/api/admin/devices")
    async def register(request: Request, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        new: NewDevice = decode(_new, await json_body(request, gateway.settings))
        device = _device(new, admin.acts_on(tenant))

        def work(registrar: Registrar, sql: Sql, _: str) -> dict[str, object]:
            domain.register(registrar, sql, device)
            if new.claim is not None:
                life, ttl = new.claim.life, new.claim.ttl
                code = claims.make(registrar, sql, device.tenant, device.id, life=life, ttl=ttl)
                return {"claim": _shown(code, gateway.settings.origin)}
            return shown_once(domain.issue(registrar, sql, device, new.ttl))

        given = await act(gateway, admin, tenant, work)
        return answer({"device": _written(device, []), **given}, 201)

    @app.post("/api/admin/devices/{device}/rotate")
    async def rotate(request: Request, device: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        asked: Rotation = decode(_rotation, await json_body(request, gateway.settings))
        issued = await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: domain.rotate(
                registrar, sql, owner, device, grace=asked.grace, ttl=asked.ttl
            ),
        )
        return answer(shown_once(issued), 201)

    @app.post("/api/admin/devices/{device}/certificate")
    async def certificate(request: Request, device: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        shown = decode(_certificate, await json_body(request, gateway.settings))
        holder = await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: certificates.add(
                registrar, sql, owner, device, shown.certificate
            ),
        )
        ends = wire_time(holder.expires_at * 1_000)
        return answer({"token_id": holder.token_id, "expires_at": ends}, 201)

    @app.post("/api/admin/devices/{device}/claim-code")
    async def claim_code(request: Request, device: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        asked = decode(_claimable, await json_body(request, gateway.settings))
        code = await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: claims.make(
                registrar, sql, owner, device, life=asked.life, ttl=asked.ttl
            ),
        )
        return answer(_shown(code, gateway.settings.origin), 201)

    @app.post("/api/admin/devices/{device}/{change}")
    async def switch(
        request: Request, device: str, change: Change, tenant: Tenant = None
    ) -> Response:
        admin = admin_of(gateway, request)
        work = _CHANGES[change]
        await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: work(registrar, sql, owner, device),
        )
        return Response(status_code=204)


def _page(
    sql: Sql, tenant: str, after: str, limit: int
) -> tuple[list[Device], dict[str, list[Token]]]:
    """With the tokens of each that are good."""
    found = devices.listed(sql, tenant, after, limit)
    if not found:
        return [], {}
    span = (found[0].id, found[-1].id)
    return found, tokens.living(sql, tenant, Role.DEVICE, span, time.time())


def _device(new: NewDevice, tenant: str) -> Device:
    return Device(
        tenant=tenant,
        id=domain.new_id() if new.id is None else new.id,
        sensors=tuple(dict.fromkeys(new.sensors)),
        created_ms=time.time_ns() // 1_000_000,
        enseigne=new.enseigne,
        salle=new.salle,
        interval=new.interval,
    )


def _shown(code: claims.Code, origin: str) -> dict[str, object]:
    return {
        "code": code.text,
        "qr": qr_text(code.text, origin),
        "ends_at": wire_time(code.ends_at * 1_000),
    }


def _written(device: Device, held: list[Token]) -> dict[str, object]:
    return {
        "id": device.id,
        "tenant": device.tenant,
        "sensors": device.sensors,
        "enseigne": device.enseigne,
        "salle": device.salle,
        "interval": device.interval,
        "disabled": device.disabled,
        "created_at": wire_time(device.created_ms),
        "tokens": [listed(token) for token in held],
    }
