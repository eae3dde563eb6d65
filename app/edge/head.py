"""HEAD, wherever there is GET (RFC 9110 §9.1): what watches a site by its health asks so."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Head:
    """Asks the route as GET. The server knows what came and keeps the body to itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope
        await self._app(asked, receive, send)
