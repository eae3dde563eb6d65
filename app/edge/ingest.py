"""`POST /api/ingest`: measurements in, by device token."""

from collections.abc import Sequence
from functools import partial

from fastapi import FastAPI, Request, Response
from msgspec.json import encode

from app.domain import batches
from app.domain.batches import Item
from app.domain.clocks import parse_date
from app.domain.ingest import Ingest
from app.domain.receipts import Answer, Receipt, Rejected, sole
from app.domain.sender import Charge, Sender
from app.domain.stream import Batch
from app.domain.uses import Uses
from app.edge.access import grant_of, header_token
from app.edge.body import NDJSON, json_body, media_type, read_body
from app.edge.errors import body_of, request_id
from app.edge.gateway import Gateway
from app.edge.limits import INGEST, Limits
from app.settings import Settings
from app.traces import Traces
from auth.principal import Principal


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post(INGEST)
    async def ingest(request: Request) -> Response:
        parent = request.headers.get("traceparent", "")
        with gateway.traces.begin("ingest", parent) as trace:
            device = await gateway.access.device(request, header_token(request))
            body, items = await _read(request, gateway.settings)
            sender, charge = _sender(device, gateway.limits, trace)
            date_ms = parse_date(request.headers.get("date"))
            batch = [body] if items is None else items
            answer = await gateway.ingest.batch(sender, batch, charge, date_ms)
            gateway.uses.note(device, skew_ms=_skew_ms(answer))
            return _json(sole(answer) if items is None else _told(answer, request_id(request)))


def answers(ingest: Ingest, limits: Limits, uses: Uses, traces: Traces) -> Batch:
    """What a batch is answered that is streamed, under the name of its connection."""

    async def answer_frame(
        device: Principal, items: Sequence[Item], name: str
    ) -> dict[str, object]:
        with traces.begin("ingest", "") as trace:
            sender, charge = _sender(device, limits, trace)
            answer = await ingest.batch(sender, items, charge)
            uses.note(device, skew_ms=_skew_ms(answer))
            return _told(answer, name)

    return answer_frame


def _skew_ms(answer: Answer) -> int:
    """0 where there is nothing to tell."""
    return 0 if answer.clock is None else answer.clock.offset_ms


def _sender(device: Principal, limits: Limits, trace: str) -> tuple[Sender, Charge]:
    return Sender(device.tenant, grant_of(device), trace), partial(limits.measurements, device)


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
