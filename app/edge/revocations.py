"""`POST /api/admin/revocations`: out with a token, or with all that a holder holds, at once."""

import time
from typing import Annotated

import msgspec
from fastapi import FastAPI, Request, Response

from app.domain.decoding import decode
from app.domain.revoking import ACTS, Revoked, revoke
from app.edge.admin import Tenant, admin_of
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.storage.sql import Sql
from auth.principal import MAX_NAME_LENGTH


class Revocation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    kind: Revoked
    name: Annotated[
        str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH, pattern=r"^[^\s\x00-\x1f]+$")
    ]
    """A token's `jti`, or a subject."""


_revocation = msgspec.json.Decoder(Revocation)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post("/api/admin/revocations")
    async def add(request: Request, tenant: Tenant = None) -> Response:
        admin = admin_of(gateway, request)
        owner = admin.acts_on(tenant)
        asked = decode(_revocation, await json_body(request, gateway.settings))

        def work(sql: Sql) -> None:
            revoke(sql, owner, asked.kind, asked.name, int(time.time()))
            admin.note(gateway.audit, sql, owner, ACTS[asked.kind], asked.name)

        await gateway.store.transact(work)
        await gateway.watch.look()
        return Response(status_code=204)
