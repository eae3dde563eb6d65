"""Rates per address, token and tenant. Every HTTP route is limited by its class, none by memory.

slowapi's decorator is applied around the whole route (`LimitedRoute`), so that a flood is refused
before its token is verified and its body is read, and no route can be forgotten.
"""

import functools
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter
from slowapi import Limiter

from app.domain.sender import Lane
from app.edge import rate_storage
from app.edge.client_ip import client_ip
from app.errors import LimitReachedError, TooLargeError
from app.settings import Settings
from auth.principal import Principal

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

INGEST = "/api/ingest"
SIGN_IN = "/auth/login"
CLAIM = "/auth/claim"
RATES_PER_IP = {
    INGEST: "ingest_rate_per_ip",
    SIGN_IN: "sign_in_rate_per_ip",
    CLAIM: "claim_rate_per_ip",
}
"""Routes with a rate of their own; all others have `http_rate_per_ip`, each counted apart."""
MEASUREMENT_RATES = {
    Lane.LIVE: ("measurement_rate_per_token", "measurement_rate_per_tenant"),
    Lane.BACKLOG: ("backlog_rate_per_token", "backlog_rate_per_tenant"),
}
"""Per token and per tenant."""


class Limits:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.refused: Counter[str] = Counter()
        """How often each limit was hit."""
        self.slowapi = Limiter(
            key_func=client_ip,
            storage_uri="bounded://",
            storage_options={"capacity": settings.limit_keys},  # type: ignore[dict-item]  # slowapi says str, limits takes any
            strategy="fixed-window",
            headers_enabled=True,
            key_style="endpoint",
        )
        self.slowapi.enabled = True  # or RATELIMIT_ENABLED=false in the environment ends all limits
        storage = self.slowapi._storage  # noqa: SLF001  (one table, one bound, for all limits)
        assert isinstance(storage, rate_storage.BoundedStorage)  # noqa: S101  (as its address says)
        self.storage = storage
        self._strategy = FixedWindowRateLimiter(self.storage)

    def handshake(self, ip: str) -> None:
        self._hit("handshake_rate_per_ip", ip)

    def sign_in(self, ip: str, account: str, *, known: bool) -> None:
        """An attempt counts before the password is looked at, so that many at once gain nothing.

        An address from which the account was signed in to before (`known`) has its own budget and
        not the account's: who wants to lock the owner out has to come from there.
        """
        self._hit("sign_in_rate_per_ip_and_account", f"{ip} {account}")
        if not known:
            self._hit("sign_in_rate_per_account", account)

    def signed_in(self, ip: str, account: str) -> None:
        limit = "sign_in_rate_per_ip_and_account"
        self._strategy.clear(self._rate(limit), limit, f"{ip} {account}")

    def measurements(self, device: Principal, lane: Lane, count: int) -> None:
        """An `app.domain.sender.Charge`: a batch counts as many times as it has measurements."""
        per_token, per_tenant = MEASUREMENT_RATES[lane]
        self._check(per_token, device.token_id, count)
        self._hit(per_tenant, device.tenant, count)
        self._count(per_token, device.token_id, count)

    def publication(self, service: Principal) -> None:
        self._hit("publish_rate_per_token", service.token_id)

    def route_class(self) -> type[APIRoute]:
        """The class of every route of the application."""
        limits = self

        class LimitedRoute(APIRoute):
            def get_route_handler(self) -> Handler:
                return limits.around(super().get_route_handler(), self.path, self.name)

        return LimitedRoute

    def around(self, handler: Handler, path: str, name: str) -> Handler:
        async def limited(request: Request) -> Response:
            return await handler(request)

        limited.__name__ = f"{name} {path}"  # slowapi counts by the name of the function
        rate = self._rate(RATES_PER_IP.get(path, "http_rate_per_ip"))
        counted: Handler = self.slowapi.limit(str(rate))(limited)

        async def answered(request: Request) -> Response:
            response = await counted(request)
            del response.headers["retry-after"]  # slowapi adds one to every answer, even to a 200
            return response

        return answered

    def explain(self, request: Request) -> LimitReachedError:
        """What slowapi refused, in our words."""
        item, key = request.state.view_rate_limit
        limit = RATES_PER_IP.get(request.url.path, "http_rate_per_ip")
        return self._refusal(limit, item, *key)

    def _hit(self, limit: str, key: str, cost: int = 1) -> None:
        """What is refused is not counted: a batch too many must not use up what is left."""
        self._check(limit, key, cost)
        self._count(limit, key, cost)

    def _check(self, limit: str, key: str, cost: int) -> None:
        item = self._rate(limit)
        if cost > item.amount:
            raise TooLargeError(f"at most {item.amount} at once", limit=limit)
        if not self._strategy.test(item, limit, key, cost=cost):
            raise self._refusal(limit, item, limit, key)

    def _count(self, limit: str, key: str, cost: int) -> None:
        self._strategy.hit(self._rate(limit), limit, key, cost=cost)

    @functools.cache  # noqa: B019  (as long-lived as the settings it reads)
    def _rate(self, limit: str) -> RateLimitItem:
        return self._settings.scaled(getattr(self._settings, limit))

    def _refusal(self, limit: str, item: RateLimitItem, *key: str) -> LimitReachedError:
        self.refused[limit] += 1
        reset_time, _ = self._strategy.get_window_stats(item, *key)
        wait = max(1, int(reset_time - time.time()) + 1)
        return LimitReachedError("too many requests", limit=limit, retry_after=wait)
