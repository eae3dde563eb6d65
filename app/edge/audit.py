"""What is refused goes into the audit; `GET /api/admin/audit` reads it."""

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from starlette.requests import HTTPConnection

from app.domain.audit import Audit, Refusal
from app.edge.admin import Admin, Tenant
from app.edge.answer import answer
from app.edge.client_ip import client_ip
from app.edge.gateway import Gateway
from app.errors import (
    ForbiddenError,
    GatewayError,
    LimitReachedError,
    UnauthenticatedError,
)
from app.model import wire_time
from app.storage.records import audit as lines
from app.storage.records.audit import Act, Entry
from auth.principal import PLATFORM, Role

_REFUSALS = (UnauthenticatedError, ForbiddenError, LimitReachedError)
_TOLD_BY_THE_ACCOUNTS = frozenset({"wrong_password", "signed_out"})


def note_refusal(audit: Audit, connection: HTTPConnection, error: GatewayError) -> None:
    """By code, limit and route: what the client sent is not repeated."""
    if not isinstance(error, _REFUSALS) or error.code in _TOLD_BY_THE_ACCOUNTS:
        return
    principal = getattr(connection.state, "principal", None)
    route = getattr(connection.scope.get("route"), "path", "")
    limit = str(error.details.get("limit", ""))
    audit.refused(
        Refusal(
            tenant=principal.tenant if principal else PLATFORM,
            act=Act.REFUSED,
            actor=principal.subject if principal else "",
            target=" ".join(filter(None, (error.code, limit, route))),
            address=client_ip(connection),
        )
    )


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/admin/audit")
    async def audit(
        request: Request,
        tenant: Tenant = None,
        act: Act | None = None,
        before: Annotated[str | None, Query(pattern=r"^[0-9a-f]{1,40}$")] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        """A tenant's admin reads its own tenant's, the platform's all."""
        admin = Admin(gateway.access.request(request, Role.ADMIN), client_ip(request))
        scope = admin.reads(tenant)
        page = await gateway.store.consult(lambda sql: lines.page(sql, scope, before, limit, act))
        entries = [_written(entry) for entry in page.entries]
        return answer({"entries": entries, "before": page.before})


def _written(entry: Entry) -> dict[str, object]:
    return {
        "at": wire_time(entry.at_ms),
        "tenant": entry.tenant,
        "act": entry.act,
        "actor": entry.actor,
        "target": entry.target,
        "address": entry.address,
        "times": entry.times,
    }
