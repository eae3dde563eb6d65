"""`/api/admin/tokens`: tokens that were given out, and new ones for services and admins."""

from typing import Annotated, Literal

import msgspec
from fastapi import FastAPI, Query, Request, Response

from app.domain.decoding import decode
from app.edge.admin import Tenant, admin_of
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.edge.registering import GRACE, act, listed, shown_once
from app.storage.records import tokens
from auth.principal import Role

Seconds = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Grace = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class NewToken(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    role: Literal["service", "admin"]
    subject: Text
    ttl: Seconds
    topics: list[Text] | None = None
    sensors: list[Text] | None = None


class Rotation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    grace: Grace = GRACE
    ttl: Seconds | None = None
    """None: as long as its predecessor's."""


_new = msgspec.json.Decoder(NewToken)
_rotation = msgspec.json.Decoder(Rotation)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/admin/tokens")
    async def given_out(
        request: Request,
        tenant: Tenant = None,
        role: Role | None = None,
        before: Annotated[str | None, Query(max_length=128)] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        owner = admin_of(gateway, request).acts_on(tenant)
        found = await gateway.store.consult(
            lambda sql: tokens.listed(sql, owner, role, before, limit + 1)
        )
        page = found[:limit]
        more = page[-1].principal.token_id if len(found) > limit else None
        return answer({"tokens": [listed(token) for token in page], "before": more})

    @app.post("/api/admin/tokens")
    async def issue(request: Request, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        new: NewToken = decode(_new, await json_body(request, gateway.settings))
        issued = await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: registrar.issue(
                sql,
                tenant=owner,
                role=Role(new.role),
                subject=new.subject,
                ttl=new.ttl,
                topics=new.topics,
                sensors=new.sensors,
            ),
        )
        return answer(shown_once(issued), 201)

    @app.post("/api/admin/tokens/{token_id}/rotate")
    async def rotate(request: Request, token_id: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        asked: Rotation = decode(_rotation, await json_body(request, gateway.settings))
        issued = await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: registrar.rotate(
                sql, tokens.find(sql, owner, token_id), asked.grace, asked.ttl
            ),
        )
        return answer(shown_once(issued), 201)

    @app.post("/api/admin/tokens/{token_id}/revoke")
    async def revoke(request: Request, token_id: str, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        await act(
            gateway,
            admin,
            tenant,
            lambda registrar, sql, owner: registrar.revoke(sql, owner, token_id),
        )
        return Response(status_code=204)
