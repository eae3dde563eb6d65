"""`/ws`: everything that is decided before the upgrade. Then the socket leaves ASGI."""

import re
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, WebSocket

from app.domain.subscriber import Subscriber
from app.edge.access import grant_of, header_token, refusal
from app.edge.client_ip import client_ip
from app.edge.errors import request_id
from app.edge.gateway import Gateway
from app.errors import (
    BadRequestError,
    ForbiddenError,
    UnauthenticatedError,
    UpgradeRequiredError,
)
from app.protocol.session import admitted
from app.protocol.topics import ALL, InvalidTopicError, TopicFilter, parse_filters
from app.transport.upgrade import hand_over
from auth import bearer
from auth.errors import TokenRefusedError
from auth.principal import Principal, Role

_JWT = re.compile(r"\Aey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.")
_PARAMETERS = frozenset({"topics", "ticket"})


class InvalidHandshakeError(BadRequestError):
    code = "invalid_handshake"


class ForbiddenOriginError(ForbiddenError):
    code = "forbidden_origin"


def routes(app: FastAPI, gateway: Gateway) -> None:
    desk = gateway.desk

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        ip = client_ip(websocket)
        gateway.limits.handshake(ip)
        _check_origin(websocket, gateway.settings.origins)
        query = _query(websocket)
        principal = _authenticate(websocket, query, gateway)
        grant = grant_of(principal)
        topics = admitted(_topics(query, gateway.settings.max_topics_per_connection), grant)
        channel = await gateway.channel(principal.tenant)
        place = desk.take_place(ip, principal)
        subscriber = Subscriber(desk, channel, principal, place)
        try:
            await websocket.accept(subprotocol=_chosen_subprotocol(websocket))
            connection = hand_over(websocket.scope, subscriber)
        except BaseException:
            desk.places.give_back(place)
            raise
        subscriber.start(connection, topics, grant, name=request_id(websocket))

    @app.get("/ws")
    async def no_upgrade(request: Request) -> None:  # noqa: ARG001  (every handler takes its request)
        raise UpgradeRequiredError("this address speaks WebSocket")


def _check_origin(websocket: WebSocket, allowed: frozenset[str]) -> None:
    """Browsers always send one (RFC 6455 §10.2); programs need none."""
    origins = websocket.headers.getlist("origin")
    if any(origin not in allowed for origin in origins):
        raise ForbiddenOriginError("this origin may not open a socket")


def _query(websocket: WebSocket) -> dict[str, str]:
    """The parameters, each known and given once. A JWT in an address ends up in logs: refused."""
    pairs = parse_qsl(websocket.url.query, keep_blank_values=True)
    query = dict(pairs)
    if any(_JWT.match(value) for value in query.values()):
        raise InvalidHandshakeError("a token never travels in the address")
    if len(query) < len(pairs) or not query.keys() <= _PARAMETERS:
        raise InvalidHandshakeError("the address takes `topics` and `ticket`, each once")
    return query


def _authenticate(websocket: WebSocket, query: dict[str, str], gateway: Gateway) -> Principal:
    try:
        offered = bearer.from_subprotocols(_offered(websocket))
    except TokenRefusedError as refused:
        raise refusal(refused) from refused
    in_header = header_token(websocket)
    credentials = [
        credential for credential in (in_header, offered, query.get("ticket")) if credential
    ]
    if len(credentials) > 1:
        raise InvalidHandshakeError("one credential, not several")
    if query.get("ticket"):
        raise UnauthenticatedError("the ticket is not valid here")
    return gateway.access.verify(in_header or offered, Role.DASHBOARD)


def _topics(query: dict[str, str], most: int) -> frozenset[TopicFilter]:
    texts = query.get("topics", ALL).split(",") if query.get("topics") != "" else []
    try:
        topics = parse_filters(texts[: most + 1])
    except InvalidTopicError as error:
        raise InvalidHandshakeError(error.message) from error
    if len(topics) > most:
        raise InvalidHandshakeError(f"a connection has at most {most} topics")
    return topics


def _offered(websocket: WebSocket) -> list[str]:
    offered: list[str] = websocket.scope["subprotocols"]
    return offered


def _chosen_subprotocol(websocket: WebSocket) -> str | None:
    return bearer.SUBPROTOCOL if bearer.SUBPROTOCOL in _offered(websocket) else None
