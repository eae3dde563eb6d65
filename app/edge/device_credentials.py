"""`/api/admin/devices/{id}/…`: what a device is given to prove itself by, and taken from it."""

from typing import Annotated

import msgspec
from fastapi import FastAPI, Request, Response

from app.domain import certificates, claims
from app.domain import devices as domain
from app.domain.decoding import decode
from app.edge.admin import Tenant, admin_of
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.edge.registering import GRACE, act, shown_once
from app.edge.tokens import Grace, Seconds
from app.model import wire_time
from auth.certificates import MAX_PEM_LENGTH
from auth.claim_codes import qr_text


class Claimable(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    life: Seconds = claims.LIFE
    """Of the code; `ttl` is of its token."""
    ttl: Seconds = domain.LIFE


class Rotation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    grace: Grace = GRACE
    ttl: Seconds = domain.LIFE


class Certificate(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    certificate: Annotated[str, msgspec.Meta(max_length=MAX_PEM_LENGTH)]
    """In PEM."""


_certificate = msgspec.json.Decoder(Certificate)
_claimable = msgspec.json.Decoder(Claimable)
_rotation = msgspec.json.Decoder(Rotation)


def routes(app: FastAPI, gateway: Gateway) -> None:
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
        return answer(shown_code(code, gateway.settings.origin), 201)

    @app.post("/api/admin/devices/{device}/revoke")
    async def revoke(request: Request, device: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: domain.revoke(registrar, sql, owner, device),
        )
        return Response(status_code=204)


def shown_code(code: claims.Code, origin: str) -> dict[str, object]:
    return {
        "code": code.text,
        "qr": qr_text(code.text, origin),
        "ends_at": wire_time(code.ends_at * 1_000),
    }
