"""What every opening handshake shows: where its page is from, its address, its credential."""

import re
from urllib.parse import parse_qsl

from fastapi import WebSocket
from starlette.requests import HTTPConnection

from app.edge.access import header_token, refusal
from app.errors import BadRequestError, ForbiddenError
from auth import bearer
from auth.errors import TokenRefusedError

_JWT = re.compile(r"\Aey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.")


class InvalidHandshakeError(BadRequestError):
    code = "invalid_handshake"


class ForbiddenOriginError(ForbiddenError):
    code = "forbidden_origin"


def origin_of(connection: HTTPConnection, allowed: frozenset[str]) -> str | None:
    """Browsers always send one (RFC 6455 §10.2); programs need none. Raise ForbiddenOriginError."""
    origins = connection.headers.getlist("origin")
    if len(origins) > 1 or not allowed.issuperset(origins):
        raise ForbiddenOriginError("this origin may not open a socket")
    return origins[0] if origins else None


def query_of(websocket: WebSocket, known: frozenset[str]) -> dict[str, str]:
    """The parameters, each known and given once. A JWT in an address ends up in logs: refused."""
    pairs = parse_qsl(websocket.url.query, keep_blank_values=True)
    query = dict(pairs)
    if any(_JWT.match(value) for value in query.values()):
        raise InvalidHandshakeError("a token never travels in the address")
    if len(query) < len(pairs) or not query.keys() <= known:
        takes = " and ".join(f"`{name}`" for name in sorted(known)) or "nothing"
        raise InvalidHandshakeError(f"the address takes {takes}, each once")
    return query


def token_of(websocket: WebSocket, *, beside: bool = False) -> str | None:
    """The token in the header or in the subprotocol; `beside` another credential there may be none.

    Raise `InvalidHandshakeError` for two credentials, `UnauthenticatedError` for one that is
    malformed.
    """
    try:
        offered = bearer.from_subprotocols(_offered(websocket))
    except TokenRefusedError as refused:
        raise refusal(refused) from refused
    in_header = header_token(websocket)
    if sum((beside, bool(in_header), bool(offered))) > 1:
        raise InvalidHandshakeError("one credential, not several")
    return in_header or offered


def subprotocol_of(websocket: WebSocket) -> str | None:
    """The one that is echoed."""
    return bearer.SUBPROTOCOL if bearer.SUBPROTOCOL in _offered(websocket) else None


def _offered(websocket: WebSocket) -> list[str]:
    offered: list[str] = websocket.scope["subprotocols"]
    return offered
