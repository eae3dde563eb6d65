"""`/api/alerts`: what is open and what was, acknowledged by people; and the rules they come by."""

from typing import Annotated, Literal

import msgspec
from fastapi import FastAPI, Query, Request, Response

from app.domain.decoding import decode
from app.domain.rulebook import Rules
from app.edge.access import grant_of
from app.edge.admin import Tenant
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.changing import put, tagged
from app.edge.gateway import Gateway
from app.edge.members import Member, editor_of, member_of
from app.errors import NotFoundError
from app.iaq.rules import DEFAULT_RULES
from app.model import RoutingKey, Topic, wire_time
from app.storage.records import alerts, documents
from app.storage.records.alerts import Alert
from app.storage.records.documents import Kind

AlertId = Annotated[str | None, Query(pattern=r"^[0-9a-f]{1,40}$")]

_rules = msgspec.json.Decoder(Rules)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/alerts")
    async def listed(
        request: Request,
        tenant: Tenant = None,
        state: Literal["open", "all"] = "all",
        before: AlertId = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        """Of who may not see all, a page may hold fewer."""
        member = member_of(gateway, request, tenant)
        open_only = state == "open"
        found = await gateway.store.consult(
            lambda sql: alerts.page(sql, member.tenant, before, limit + 1, open_only=open_only)
        )
        told = [_written(each) for each in found[:limit] if _sees(member, each)]
        return answer({"alerts": told, "before": found[limit - 1].id if found[limit:] else None})

    @app.post("/api/alerts/{alert_id}/acknowledge")
    async def acknowledge(request: Request, alert_id: str, tenant: Tenant = None) -> Response:
        member = member_of(gateway, request, tenant)
        alert = await gateway.store.consult(lambda sql: alerts.get(sql, member.tenant, alert_id))
        if not _sees(member, alert):
            raise NotFoundError("there is no such alert")
        done = await gateway.alarms.acknowledge(member.tenant, alert_id, member.name)
        return answer(_written(done))

    @app.get("/api/alerts/rules")
    async def rules(request: Request, tenant: Tenant = None) -> Response:
        owner = member_of(gateway, request, tenant).tenant
        kept = await gateway.store.consult(lambda sql: documents.find(sql, owner, Kind.RULES))
        if kept is None:
            return answer({"rules": DEFAULT_RULES, "own": False, "version": 0})
        own = _rules.decode(kept.body)
        return _told(own, kept.version)

    @app.put("/api/alerts/rules")
    async def change(request: Request, tenant: Tenant = None) -> Response:
        editor = editor_of(gateway, request, tenant)
        wanted = decode(_rules, await json_body(request, gateway.settings))
        body = msgspec.json.encode(wanted).decode()
        version = await _put(gateway, request, editor, body)
        return _told(wanted, version)

    @app.delete("/api/alerts/rules")
    async def back_to_defaults(request: Request, tenant: Tenant = None) -> Response:
        await _put(gateway, request, editor_of(gateway, request, tenant), "")
        return Response(status_code=204)


def _sees(member: Member, alert: Alert) -> bool:
    key = RoutingKey(Topic.ALERTS, alert.enseigne, alert.salle, alert.sensor_id)
    return grant_of(member.principal).allows(key)


async def _put(gateway: Gateway, request: Request, editor: Member, body: str) -> int:
    """In force here when it returns, on other gateways within two seconds."""
    version = await put(gateway, request, editor, (Kind.RULES, ""), body)
    await gateway.alarms.look()
    return version


def _told(rules: Rules, version: int) -> Response:
    return tagged({"rules": rules.rules, "own": True, "version": version}, version)


def _written(alert: Alert) -> dict[str, object]:
    at = alert.acknowledged_ms
    return alerts.told(alert) | {
        "changed_at": wire_time(alert.changed_ms),
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": None if at is None else wire_time(at),
    }
