"""`POST /api/ingest`: measurements in, by device token."""

from collections.abc import Sequence

import msgspec
from fastapi import FastAPI, Request, Response
from msgspec.json import encode

from app.domain.ingest import Ingest, Receipt, Rejected, Sender
from app.edge.access import grant_of
from app.edge.body import json_body
from app.edge.errors import body_of, request_id
from app.edge.gateway import Gateway
from app.edge.limits import INGEST, Limits
from auth.principal import Principal, Role


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post(INGEST)
    async def ingest(request: Request) -> Response:
        device = gateway.access.request(request, Role.DEVICE)
        body = await json_body(request, gateway.settings)
        items = gateway.ingest.split(body)
        if items is not None:
            name = request_id(request)
            return _json(await answer_batch(gateway.ingest, gateway.limits, device, items, name))
        gateway.limits.measurements(device, 1)
        sender = Sender(device.tenant, grant_of(device))
        return _json(await gateway.ingest.one(sender, body))


async def answer_batch(
    ingest: Ingest,
    limits: Limits,
    device: Principal,
    items: Sequence[bytes | msgspec.Raw],
    name: str,
) -> dict[str, object]:
    """What a batch is answered, posted or streamed; `name` is that of the request or connection."""
    limits.measurements(device, len(items))
    answers = await ingest.batch(Sender(device.tenant, grant_of(device)), items)
    return {"results": [_item(answer, name) for answer in answers]}


def _item(answer: Receipt | Rejected, name: str) -> Receipt:
    if isinstance(answer, Rejected):
        return {"status": "rejected", "error": body_of(answer.error, name)}
    return answer


def _json(content: object) -> Response:
    return Response(encode(content), media_type="application/json")
