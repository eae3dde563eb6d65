"""`POST /api/ingest`: measurements in, by device token."""

from collections.abc import Sequence
from functools import partial

from fastapi import FastAPI, Request, Response
from msgspec.json import encode

from app.domain import batches
from app.domain.batches import Item
from app.domain.clocks import parse_date
from app.domain.ingest import Ingest
from app.domain.receipts import Answer, Receipt, Rejected
from app.domain.sender import Charge, Sender
from app.edge.access import grant_of
from app.edge.body import NDJSON, json_body, media_type, read_body
from app.edge.errors import body_of, request_id
from app.edge.gateway import Gateway
from app.edge.limits import INGEST, Limits
from app.settings import Settings
from auth.principal import Principal, Role


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post(INGEST)
    async def ingest(request: Request) -> Response:
        device = gateway.access.request(request, Role.DEVICE)
        body, items = await _read(request, gateway.settings)
        sender, charge = _sender(device, gateway.limits)
        date_ms = parse_date(request.headers.get("date"))
        if items is None:
            return _json(await gateway.ingest.one(sender, body, charge, date_ms))
        answer = await gateway.ingest.batch(sender, items, charge, date_ms)
        return _json(_told(answer, request_id(request)))


async def answer_frame(
    ingest: Ingest, limits: Limits, device: Principal, items: Sequence[Item], name: str
) -> dict[str, object]:
    """What a batch is answered that is streamed; `name` is that of the connection."""
    sender, charge = _sender(device, limits)
    return _told(await ingest.batch(sender, items, charge), name)


def _sender(device: Principal, limits: Limits) -> tuple[Sender, Charge]:
    return Sender(device.tenant, grant_of(device)), partial(limits.measurements, device)


def _told(answer: Answer, name: str) -> dict[str, object]:
    """Errors bear the name of the request or connection."""
    content: dict[str, object] = {"results": [_result(each, name) for each in answer.results]}
    if answer.clock is not None:
        content["clock"] = answer.clock
    return content


async def _read(request: Request, settings: Settings) -> tuple[bytes, Sequence[Item] | None]:
    if media_type(request) == NDJSON:
        body = await read_body(request, NDJSON, settings)
        return body, batches.lines(body, settings.max_batch)
    body = await json_body(request, settings)
    return body, batches.array(body, settings.max_batch)


def _result(result: Receipt | Rejected, name: str) -> Receipt | dict[str, object]:
    if isinstance(result, Rejected):
        return {"status": "rejected", "error": body_of(result.error, name)}
    return result


def _json(content: object) -> Response:
    return Response(encode(content), media_type="application/json")
