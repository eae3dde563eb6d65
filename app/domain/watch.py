"""Notices what an operator did: a tenant or a person disabled, tokens revoked, keys rotated, the
store put back.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from app.domain.desk import Desk
from app.errors import UnavailableError
from app.protocol.closes import CloseCode
from app.storage.base import Store
from app.storage.records.denied import shut_out
from auth.revocation import DISABLED, Denied, Revocations

INTERVAL = 1.0
"""Seconds between looks: live sockets are closed within twice this."""

log = structlog.get_logger()


class Watch:
    def __init__(
        self, store: Store, revocations: Revocations, desk: Desk, refresh_keys: Callable[[], None]
    ) -> None:
        self._store = store
        self._revocations = revocations
        self._desk = desk
        self._refresh_keys = refresh_keys
        self._looking = asyncio.Lock()
        self.replaced = asyncio.Event()
        """Another store is where the gateway's was, and it has to begin anew."""

    async def run(self) -> None:
        """Until cancelled. While the store does not answer, what was shut stays shut."""
        while True:
            await asyncio.sleep(INTERVAL)
            self._refresh_keys()
            try:
                if await self._store.replaced():
                    self.replaced.set()
                await self.look()
            except UnavailableError:
                log.warning("revocations could not be read")

    async def look(self) -> None:
        """Take over who is shut out and close their sockets.

        One look after the other: what an earlier one read must not take a later one's place.
        """
        async with self._looking:
            now = time.time()
            denied = await self._store.consult(lambda sql: shut_out(sql, now))
            self._revocations.denied = denied
        if denied.tokens or denied.tenants or denied.holders:
            self._close(denied)

    def _close(self, denied: Denied) -> None:
        for live in tuple(self._desk.live):
            principal = live.principal
            if principal.tenant in denied.tenants:
                live.close(CloseCode.DISABLED, "the tenant is disabled")
            elif self._revocations.good_from(principal) == DISABLED:
                live.close(CloseCode.DISABLED, "the user is disabled")
            elif self._revocations.revoked(principal):
                live.close(CloseCode.TOKEN_ENDED, "the token was revoked")
