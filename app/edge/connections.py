"""`/api/admin/connections`: who is connected, why the last ones ended, and out with one."""

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from app.edge.admin import Tenant, admin_of
from app.edge.answer import answer
from app.edge.gateway import Gateway
from app.errors import NotFoundError
from app.storage.records.audit import Act

Subject = Annotated[str, Query(max_length=128)]
"""Whose subject begins so; empty: everyone's."""


def routes(app: FastAPI, gateway: Gateway) -> None:
    connections, audit = gateway.connections, gateway.audit

    @app.get("/api/admin/connections")
    async def connected(
        request: Request,
        tenant: Tenant = None,
        subject: Subject = "",
        after: Annotated[str, Query(pattern=r"^[0-9a-f]{0,32}$")] = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        admin = admin_of(gateway, request)
        return answer(await connections.page(admin.reads(tenant), after, limit, subject))

    @app.get("/api/admin/connections/closed")
    async def closed(request: Request, tenant: Tenant = None, subject: Subject = "") -> Response:
        admin = admin_of(gateway, request)
        return answer({"closed": await connections.ended(admin.reads(tenant), subject)})

    @app.delete("/api/admin/connections/{name}")
    async def kick(request: Request, name: str, tenant: Tenant = None) -> Response:
        """Another tenant's is as unknown as one that never was."""
        admin = admin_of(gateway, request)
        scope = admin.reads(tenant)
        found = await connections.find(scope, name)
        if found is None:
            raise NotFoundError("there is no connection of that id")
        target = f"{found.role} {found.subject} {found.id}"
        owner = found.tenant
        await gateway.store.transact(
            lambda sql: admin.note(audit, sql, owner, Act.CONNECTION_KICKED, target)
        )
        await connections.kick(scope, name)
        return Response(status_code=204)
