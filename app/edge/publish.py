"""`POST /api/publish/{topic}`: predictions, actions, alerts and module states, by service token."""

from fastapi import FastAPI, Request, Response
from msgspec.json import encode

from app.domain.notice import SCHEMAS
from app.domain.sender import Sender
from app.edge.access import grant_of
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.errors import NotFoundError
from app.model import Topic
from auth.principal import Role

_TOPICS = {topic.value: topic for topic in SCHEMAS}


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post("/api/publish/{topic}")
    async def publish(topic: str, request: Request) -> Response:
        with gateway.traces.begin("publish", request.headers.get("traceparent", "")) as trace:
            service = gateway.access.request(request, Role.SERVICE)
            gateway.limits.publication(service)
            body = await json_body(request, gateway.settings)
            sender = Sender(service.tenant, grant_of(service), trace)
            receipt = await gateway.ingest.publish(sender, _published(topic), body)
            return Response(encode(receipt), media_type="application/json")


def _published(name: str) -> Topic:
    topic = _TOPICS.get(name)
    if topic is None:
        raise NotFoundError(f"services publish on {', '.join(_TOPICS)}")
    return topic
