"""`POST /api/ingest`: measurements in, by device token."""

from fastapi import FastAPI, Request, Response
from msgspec.json import encode

from app.domain.ingest import Receipt, Rejected, Sender
from app.edge.access import grant_of
from app.edge.body import json_body
from app.edge.errors import body_of, request_id
from app.edge.gateway import Gateway
from app.edge.limits import INGEST
from auth.principal import Role


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post(INGEST)
    async def ingest(request: Request) -> Response:
        device = gateway.access.request(request, Role.DEVICE)
        body = await json_body(request, gateway.settings)
        items = gateway.ingest.split(body)
        gateway.limits.measurements(device, 1 if items is None else len(items))
        sender = Sender(device.tenant, grant_of(device))
        if items is None:
            return _json(await gateway.ingest.one(sender, body))
        answers = await gateway.ingest.batch(sender, items)
        name = request_id(request)
        return _json({"results": [_item(answer, name) for answer in answers]})


def _item(answer: Receipt | Rejected, name: str) -> Receipt:
    if isinstance(answer, Rejected):
        return {"status": "rejected", "error": body_of(answer.error, name)}
    return answer


def _json(content: Receipt) -> Response:
    return Response(encode(content), media_type="application/json")
