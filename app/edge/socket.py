"""`/ws`: everything that is decided before the upgrade. Then the socket leaves ASGI."""

from time import perf_counter

from fastapi import FastAPI, Request, WebSocket

from app.domain.subscriber import Subscriber
from app.edge.access import grant_of
from app.edge.client_ip import client_ip
from app.edge.errors import request_id
from app.edge.gateway import Gateway
from app.edge.handshake import (
    InvalidHandshakeError,
    origin_of,
    query_of,
    subprotocol_of,
    token_of,
)
from app.errors import UpgradeRequiredError
from app.protocol.session import admitted
from app.protocol.topics import ALL, InvalidTopicError, TopicFilter, parse_filters
from app.transport.upgrade import hand_over
from auth.principal import Principal, Role

_PARAMETERS = frozenset({"topics", "ticket"})


def routes(app: FastAPI, gateway: Gateway) -> None:
    desk = gateway.desk

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        began, ip = perf_counter(), client_ip(websocket)
        gateway.limits.handshake(ip)
        origin = origin_of(websocket, gateway.settings.origins)
        query = query_of(websocket, _PARAMETERS)
        principal = await _authenticate(websocket, query.get("ticket"), origin, gateway)
        grant = grant_of(principal)
        topics = admitted(_topics(query, gateway.settings.max_topics_per_connection), grant)
        channel = await gateway.channel(principal.tenant)
        slot = desk.acquire_slot(ip, principal)
        subscriber = Subscriber(desk, channel, principal, slot)
        try:
            await websocket.accept(subprotocol=subprotocol_of(websocket))
            connection = hand_over(websocket.scope, subscriber)
        except BaseException:
            desk.slots.release(slot)
            raise
        subscriber.start(connection, topics, grant, name=request_id(websocket))
        desk.handshakes.observe_since(began)

    @app.get("/ws")
    async def no_upgrade(request: Request) -> None:  # noqa: ARG001  (every handler takes its request)
        raise UpgradeRequiredError("this address speaks WebSocket")


async def _authenticate(
    websocket: WebSocket, ticket: str | None, origin: str | None, gateway: Gateway
) -> Principal:
    token = token_of(websocket, beside=ticket is not None)
    if ticket is not None:
        return await gateway.access.redeem(ticket, origin, websocket)
    return gateway.access.verify(token, websocket, Role.DASHBOARD)


def _topics(query: dict[str, str], most: int) -> frozenset[TopicFilter]:
    texts = query.get("topics", ALL).split(",") if query.get("topics") != "" else []
    if len(texts) > most:
        raise InvalidHandshakeError(f"a connection has at most {most} topics")
    try:
        return parse_filters(texts)
    except InvalidTopicError as error:
        raise InvalidHandshakeError(error.message) from error
