"""`/api/alerts/outlets`: where a tenant's alerts go beside the pages."""

import msgspec
from fastapi import FastAPI, Request, Response

from app.domain.decoding import decode
from app.edge.admin import Tenant
from app.edge.body import json_body
from app.edge.changing import put, tagged
from app.edge.gateway import Gateway
from app.edge.members import Member, editor_of
from app.errors import InvalidInputError
from app.outlets.base import Email, Outlet, Outlets, Webhook
from app.storage.records import documents
from app.storage.records.documents import Kind

_outlets = msgspec.json.Decoder(Outlets)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/alerts/outlets")
    async def listed(request: Request, tenant: Tenant = None) -> Response:
        """Of secrets it is told that they are there, and nothing else."""
        kept, version = await _kept(gateway, editor_of(gateway, request, tenant))
        return _told(gateway, kept, version)

    @app.put("/api/alerts/outlets")
    async def change(request: Request, tenant: Tenant = None) -> Response:
        editor = editor_of(gateway, request, tenant)
        wanted = decode(_outlets, await json_body(request, gateway.settings))
        before, _ = await _kept(gateway, editor)
        now = Outlets(tuple(_whole(gateway, each, before) for each in wanted.outlets))
        body = msgspec.json.encode(now).decode()
        version = await put(gateway, request, editor, (Kind.OUTLETS, ""), body)
        return _told(gateway, now, version)


async def _kept(gateway: Gateway, editor: Member) -> tuple[Outlets, int]:
    found = await gateway.store.consult(
        lambda sql: documents.find(sql, editor.tenant, Kind.OUTLETS)
    )
    return (_outlets.decode(found.body), found.version) if found else (Outlets(), 0)


def _whole(gateway: Gateway, outlet: Outlet, before: Outlets) -> Outlet:
    """With the secret that it had. Raise `InvalidInputError` for what could never be sent."""
    if isinstance(outlet, Email):
        if Email not in gateway.notifier.senders:
            raise InvalidInputError("this gateway has no mail server", field="outlets")
        return outlet
    secrets = {each.url: each.secret for each in before.outlets if isinstance(each, Webhook)}
    secret = outlet.secret or secrets.get(outlet.url)
    if secret is None:
        raise InvalidInputError("a new webhook needs a secret", field="outlets")
    return msgspec.structs.replace(outlet, secret=secret)


def _told(gateway: Gateway, kept: Outlets, version: int) -> Response:
    shown = [
        msgspec.structs.replace(each, secret=None) if isinstance(each, Webhook) else each
        for each in kept.outlets
    ]
    mail = Email in gateway.notifier.senders
    return tagged({"outlets": shown, "version": version, "mail": mail}, version)
