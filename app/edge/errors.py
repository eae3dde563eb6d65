"""The one map from what went wrong to what goes over the wire, for HTTP and for handshakes."""

from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from slowapi.errors import RateLimitExceeded
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import Match, Route
from starlette.websockets import WebSocket

from app.edge.limits import Limits
from app.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    GatewayError,
    GoneError,
    InvalidInputError,
    LimitReachedError,
    NoCredentialError,
    NotFoundError,
    PreconditionFailedError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
    UpgradeRequiredError,
)

Note = Callable[[HTTPConnection, GatewayError], None]

log = structlog.get_logger()

STATUS: dict[type[GatewayError], int] = {
    BadRequestError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    GoneError: 410,
    PreconditionFailedError: 412,
    TooLargeError: 413,
    UnsupportedMediaTypeError: 415,
    InvalidInputError: 422,
    UpgradeRequiredError: 426,
    LimitReachedError: 429,
    GatewayError: 500,
    UnavailableError: 503,
}
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}


def status_of(error: GatewayError) -> int:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def body_of(error: GatewayError, request_id: str) -> dict[str, Any]:
    """`{"code", "message", "request_id", …}`: what stands under `error` everywhere."""
    return {
        "code": error.code,
        "message": error.message,
        "request_id": request_id,
        **error.details,
    }


def request_id(connection: HTTPConnection) -> str:
    identifier: str = connection.state.request_id
    return identifier


def response_to(connection: HTTPConnection, error: GatewayError) -> Response:
    status = status_of(error)
    if status != 404:  # noqa: PLR2004  (anyone's wrong address is not worth a line)
        log.info("refused", status=status, code=error.code, route=_route(connection))
    return _json(status, body_of(error, request_id(connection)), _headers(error))


def install(app: FastAPI, limits: Limits, note: Note) -> None:
    """Every way a request can fail ends in `response_to`; `note` is told of the gateway's own."""

    async def gateway_error(connection: HTTPConnection, error: GatewayError) -> Response | None:
        note(connection, error)
        response = response_to(connection, error)
        if isinstance(connection, WebSocket):
            await connection.send_denial_response(response)
            return None
        return response

    async def rate_limited(request: Request, _: RateLimitExceeded) -> Response:
        error = limits.explain(request)
        note(request, error)
        return response_to(request, error)

    async def invalid(request: Request, error: RequestValidationError) -> Response:
        """The default handler echoes the input and cannot write NaN (measured: a 500)."""
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return response_to(request, InvalidInputError(str(first["msg"]), field=field))

    async def http_error(connection: HTTPConnection, error: HTTPException) -> Response:
        code = _HTTP_CODES.get(error.status_code, "http_error")
        body = {
            "code": code,
            "message": str(error.detail),
            "request_id": request_id(connection),
        }
        headers = dict(error.headers or {})
        if "Allow" in headers:
            headers["Allow"] = _allowed(connection)
        return _json(error.status_code, body, headers)

    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected error", error=type(error).__name__, route=_route(request))
        return response_to(request, GatewayError("an error of the gateway's own; it is logged"))

    app.add_exception_handler(GatewayError, gateway_error)  # type: ignore[arg-type]  # starlette asks for handlers of plain Exception
    app.add_exception_handler(RateLimitExceeded, rate_limited)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(RequestValidationError, invalid)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(HTTPException, http_error)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(Exception, unexpected)


def _route(connection: HTTPConnection) -> str:
    """The route's pattern: the path itself is the client's word, and may hold a token."""
    path: str = getattr(connection.scope.get("route"), "path", "")
    return path


def _allowed(connection: HTTPConnection) -> str:
    """What any route of this address takes; the router names the first one's alone."""
    routes = (route for route in connection.app.routes if isinstance(route, Route))
    there = (route for route in routes if route.matches(connection.scope)[0] is not Match.NONE)
    methods = {method for route in there for method in route.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _headers(error: GatewayError) -> dict[str, str]:
    """RFC 6750 §3 for 401 and 403, RFC 9110 §10.2.3 and §15.5.22 for waiting and upgrading."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, NoCredentialError):
        headers["WWW-Authenticate"] = 'Bearer realm="iaqverse"'
    elif isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = 'Bearer realm="iaqverse", error="invalid_token"'
    elif isinstance(error, ForbiddenError):
        headers["WWW-Authenticate"] = 'Bearer realm="iaqverse", error="insufficient_scope"'
    elif isinstance(error, UpgradeRequiredError):
        headers |= {"Upgrade": "websocket", "Connection": "Upgrade"}
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    return headers


def _json(status: int, error: dict[str, Any], headers: dict[str, str]) -> Response:
    content = msgspec.json.encode({"error": error})
    return Response(content, status, headers, "application/json")
