"""`/api/plans`: the floor plan of each site, as a tenant's people drew it."""

from typing import Annotated

import msgspec
from fastapi import FastAPI, Path, Request, Response

from app.domain.decoding import decode
from app.domain.plan import Plan
from app.edge.access import grant_of
from app.edge.admin import Tenant
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.changing import put, tagged
from app.edge.gateway import Gateway
from app.edge.members import Member, editor_of, member_of
from app.errors import NotFoundError
from app.model import RoutingKey, Topic, wire_time
from app.storage.records import documents
from app.storage.records.documents import Document, Kind

Enseigne = Annotated[str, Path(max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]

_plan = msgspec.json.Decoder(Plan)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/plans")
    async def listed(request: Request, tenant: Tenant = None) -> Response:
        member = member_of(gateway, request, tenant)
        kept = await gateway.store.consult(
            lambda sql: documents.of_kind(sql, Kind.PLAN, member.tenant)
        )
        return answer({"plans": [_written(each) for each in kept if _sees(member, each.name)]})

    @app.get("/api/plans/{enseigne:path}")
    async def one(request: Request, enseigne: Enseigne, tenant: Tenant = None) -> Response:
        member = member_of(gateway, request, tenant)
        kept = await gateway.store.consult(
            lambda sql: documents.find(sql, member.tenant, Kind.PLAN, enseigne)
        )
        if kept is None or not _sees(member, enseigne):
            raise NotFoundError("nobody has drawn this site")
        return tagged(_written(kept), kept.version)

    @app.put("/api/plans/{enseigne:path}")
    async def draw(request: Request, enseigne: Enseigne, tenant: Tenant = None) -> Response:
        editor = editor_of(gateway, request, tenant)
        drawn = decode(_plan, await json_body(request, gateway.settings))
        body = msgspec.json.encode(drawn).decode()
        version = await put(gateway, request, editor, (Kind.PLAN, enseigne), body)
        return tagged({"enseigne": enseigne, "version": version, "plan": drawn}, version)

    @app.delete("/api/plans/{enseigne:path}")
    async def take_away(request: Request, enseigne: Enseigne, tenant: Tenant = None) -> Response:
        """Whoever looks gets one that is made by itself again."""
        editor = editor_of(gateway, request, tenant)
        await put(gateway, request, editor, (Kind.PLAN, enseigne), "")
        return Response(status_code=204)


def _sees(member: Member, enseigne: str) -> bool:
    """Who sees a part of a site alone does not learn of its other rooms."""
    return grant_of(member.principal).allows(RoutingKey(Topic.MEASUREMENTS, enseigne, None, None))


def _written(kept: Document) -> dict[str, object]:
    return {
        "enseigne": kept.name,
        "version": kept.version,
        "plan": msgspec.Raw(kept.body.encode()),
        "changed_at": wire_time(kept.changed_ms),
        "changed_by": kept.changed_by,
    }
