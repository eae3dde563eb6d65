"""When a registered token was last used, from where, and by what clock.

A use is a note in memory; all of a minute are written in one go, so that no request writes.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from app.errors import UnavailableError
from app.storage.base import Store
from app.storage.records import tokens
from app.storage.records.tokens import Use
from auth.principal import Principal, Role

INTERVAL = 60.0
"""Seconds between writings. Uses since the last one are lost with a process that is killed."""
CAPACITY = 20_000
"""Tokens used in that time; further ones are not noted, and counted."""
AT_ONCE = 500
"""Written in one transaction, for 2 ms of CPU in SQLite (measured)."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Noted:
    at: float
    address: str
    skew_ms: int | None


class Uses:
    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._noted: dict[str, _Noted] = {}
        self.missed = 0
        """Uses that were not noted."""

    def note(self, principal: Principal, address: str = "", skew_ms: int | None = None) -> None:
        """What is left out stays as it was. A person's access tokens are not registered."""
        if principal.role is Role.DASHBOARD:
            return
        noted = self._noted.get(principal.token_id)
        if noted is None:
            if len(self._noted) >= CAPACITY:
                self.missed += 1
                return
            noted = self._noted[principal.token_id] = _Noted(0, "", None)
        noted.at = self._clock()
        noted.address = address or noted.address
        noted.skew_ms = noted.skew_ms if skew_ms is None else skew_ms

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            await self.flush()

    async def flush(self) -> None:
        """What cannot be written is lost: the next use says as much."""
        noted, self._noted = self._noted, {}
        uses = [
            (token_id, Use(int(each.at), each.address, each.skew_ms))
            for token_id, each in noted.items()
        ]
        try:
            while uses:
                await self._store.transact(partial(tokens.note_uses, uses=uses[:AT_ONCE]))
                del uses[:AT_ONCE]
        except UnavailableError:
            log.warning("last uses of tokens could not be written")
