"""`/api/admin/devices`: what sends for which sensors, where it is, and what it was given."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query, Request, Response
from msgspec import UNSET, UnsetType

from app.domain import claims
from app.domain import devices as domain
from app.domain.decoding import decode
from app.domain.measurement import Name
from app.domain.registrar import Registrar
from app.edge.admin import Tenant, admin_of
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.device_credentials import Claimable, shown_code
from app.edge.gateway import Gateway
from app.edge.registering import act, listed, shown_once
from app.edge.tokens import Seconds
from app.model import wire_time
from app.storage.records import devices, tokens
from app.storage.records.devices import Device
from app.storage.records.tokens import Token
from app.storage.sql import Sql
from auth.principal import MAX_SENSORS, Role

Sensors = Annotated[list[Name], msgspec.Meta(min_length=1, max_length=MAX_SENSORS)]
Interval = Annotated[int, msgspec.Meta(ge=1, le=604_800)]


class NewDevice(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    sensors: Sensors
    id: str | None = None
    enseigne: Name | None = None
    salle: Name | None = None
    interval: Interval | None = None
    ttl: Seconds = domain.LIFE
    """Of its token."""
    claim: Claimable | None = None
    """Given instead of a token."""


class Change(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays; null takes it away."""

    sensors: Sensors | UnsetType = UNSET
    enseigne: Name | UnsetType | None = UNSET
    salle: Name | UnsetType | None = UNSET
    interval: Interval | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


_change = msgspec.json.Decoder(Change)
_new = msgspec.json.Decoder(NewDevice)


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
                return {"claim": shown_code(code, gateway.settings.origin)}
            return shown_once(domain.issue(registrar, sql, device, new.ttl))

        given = await act(gateway, admin, tenant, work)
        return answer({"device": _written(device), **given}, 201)

    @app.patch("/api/admin/devices/{device}")
    async def change(request: Request, device: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        wanted = decode(_change, await json_body(request, gateway.settings))

        def work(registrar: Registrar, sql: Sql, owner: str) -> Device:
            changed = _changed(devices.find(sql, owner, device), wanted)
            domain.change(registrar, sql, changed)
            return changed

        return answer({"device": _written(await act(gateway, admin, tenant, work))})


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


def _changed(device: Device, wanted: Change) -> Device:
    changes = {
        name: value
        for name in Change.__struct_fields__
        if (value := getattr(wanted, name)) is not UNSET
    }
    if "sensors" in changes:
        changes["sensors"] = tuple(dict.fromkeys(changes["sensors"]))
    return replace(device, **changes)


def _written(device: Device, held: Sequence[Token] = ()) -> dict[str, object]:
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
