"""`GET /api/admin/system`: what the gateway runs on, how long its certificate lasts, limits hit."""

import platform
import time

from fastapi import FastAPI, Request, Response

from app import __version__
from app.edge.admin import admin_of
from app.edge.answer import answer
from app.edge.certificate import ALARMING, Life, read_life
from app.edge.gateway import Gateway
from app.model import wire_time


def routes(app: FastAPI, gateway: Gateway) -> None:
    started_ms = time.time_ns() // 1_000_000

    @app.get("/api/admin/system")
    async def system(request: Request) -> Response:
        """For the platform's admins: limits and certificate are of all tenants.

        Of the gateway that answers, where there are several.
        """
        admin_of(gateway, request).require_platform()
        life = read_life(gateway.settings.certs_dir / "server.crt")
        return answer(
            {
                "version": __version__,
                "python": platform.python_version(),
                "started_at": wire_time(started_ms),
                "certificate": _told(life, time.time()),
                "limits": gateway.limits.refused + gateway.desk.slots.refused,
            }
        )


def _told(life: Life | None, now: float) -> dict[str, object] | None:
    if life is None:
        return None
    return {
        "ends_at": wire_time(round(life.ends * 1_000)),
        "days_left": round(life.days_left(now), 1),
        "due": life.left(now) <= ALARMING,
    }
