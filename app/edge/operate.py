"""For operators and orchestrators: statistics, health, public keys."""

import asyncio
from typing import Literal

from fastapi import FastAPI, Request, Response

from app.brokers.connection import RedisLink
from app.domain.stats import Stats
from app.edge.gateway import Gateway
from app.edge.keys import JWKS_MAX_AGE
from app.errors import UnavailableError
from app.storage.base import Store
from auth.principal import PLATFORM, Role

HEALTH = 0.4
"""Seconds for store and broker to answer: who asks is told within half a second."""


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/ws/stats")
    async def statistics(request: Request) -> Stats:
        """A tenant's admin counts its own connections, the platform's all."""
        admin = gateway.access.request(request, Role.ADMIN)
        return await gateway.statistics.of(None if admin.tenant == PLATFORM else admin.tenant)

    @app.get("/health/live")
    async def live(request: Request) -> dict[str, str]:  # noqa: ARG001  (every handler takes its request)
        return {"status": "live"}

    @app.get("/health/ready")
    async def ready(request: Request) -> dict[str, object]:  # noqa: ARG001  (as above)
        """Each dependency by name; raise `UnavailableError` with the part that does not work.

        Without the broker a gateway goes on serving, so it is not taken out for that.
        """
        if gateway.desk.draining:
            raise UnavailableError("the gateway restarts", part="gateway", retry_after=2)
        broker, _ = await asyncio.gather(_broker(gateway.link), _store(gateway.store))
        status = "degraded" if broker == "unavailable" else "ready"
        return {"status": status, "parts": {"store": "ok", "gateway": "ok", "broker": broker}}

    @app.get("/auth/jwks.json")
    async def jwks(request: Request) -> Response:  # noqa: ARG001  (as above)
        return Response(
            gateway.keys.jwks,
            headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE}"},
            media_type="application/jwk-set+json",
        )


async def _store(store: Store) -> None:
    try:
        async with asyncio.timeout(HEALTH):
            await store.check()
    except TimeoutError as error:
        raise UnavailableError("the store does not answer in time", part="store") from error


async def _broker(link: RedisLink | None) -> Literal["ok", "unavailable"]:
    """The one in memory is the gateway itself."""
    try:
        async with asyncio.timeout(HEALTH):
            if link is not None:
                await link.check()
    except (TimeoutError, UnavailableError):
        return "unavailable"
    return "ok"
