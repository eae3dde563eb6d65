"""`POST /auth/ws-ticket`: a dashboard's token for a ticket that opens one socket."""

from fastapi import FastAPI, Request, Response

from app.edge.answer import answer
from app.edge.gateway import Gateway
from app.edge.handshake import origin_of
from auth.principal import Role


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post("/auth/ws-ticket")
    async def ticket(request: Request) -> Response:
        principal = gateway.access.request(request, Role.DASHBOARD)
        origin = origin_of(request, gateway.settings.origins)
        issued, life = await gateway.access.ticket(principal, origin)
        return answer({"ticket": issued, "expires_in": life})
