"""Gives each request a name that its answers, its errors and its log lines carry."""

import re
import secrets

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

_FROM_NGINX = re.compile(rb"\A[0-9a-f]{32}\Z")


class RequestId:
    """nginx overwrites `X-Request-ID` with its own `$request_id`; without nginx one is made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            name = next((value for key, value in scope["headers"] if key == b"x-request-id"), b"")
            identifier = name.decode() if _FROM_NGINX.match(name) else secrets.token_hex(16)
            scope.setdefault("state", {})["request_id"] = identifier
            structlog.contextvars.bind_contextvars(request=identifier)
        await self._app(scope, receive, send)
