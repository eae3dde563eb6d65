"""For operators and orchestrators: statistics, health, public keys."""

import asyncio

from fastapi import FastAPI, Request, Response

from app.domain.stats import Stats, stats
from app.edge.gateway import Gateway
from app.edge.keys import JWKS_MAX_AGE
from app.errors import UnavailableError
from auth.principal import PLATFORM, Role

HEALTH = 0.4
"""Seconds for the store to keep something: who asks is told within half a second."""


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/ws/stats")
    async def statistics(request: Request) -> Stats:
        """A tenant's admin counts its own connections, the platform's all."""
        admin = gateway.access.request(request, Role.ADMIN)
        return stats(gateway.hub, None if admin.tenant == PLATFORM else admin.tenant)

    @app.get("/health/live")
    async def live(request: Request) -> dict[str, str]:  # noqa: ARG001  (every handler takes its request)
        return {"status": "live"}

    @app.get("/health/ready")
    async def ready(request: Request) -> dict[str, object]:  # noqa: ARG001  (as above)
        """Each dependency by name; raise `UnavailableError` with the part that does not work."""
        if gateway.desk.draining:
            raise UnavailableError("the gateway restarts", part="gateway", retry_after=2)
        try:
            async with asyncio.timeout(HEALTH):
                await gateway.store.check()
        except TimeoutError as error:
            raise UnavailableError("the store does not answer in time", part="store") from error
        return {"status": "ready", "parts": {"store": "ok", "gateway": "ok"}}

    @app.get("/auth/jwks.json")
    async def jwks(request: Request) -> Response:  # noqa: ARG001  (as above)
        return Response(
            gateway.keys.jwks,
            headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE}"},
            media_type="application/jwk-set+json",
        )
