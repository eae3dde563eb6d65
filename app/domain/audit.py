"""Keeps the audit: acts at once, with what they change; refusals counted, once a minute."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog

from app.errors import UnavailableError
from app.storage.base import DAY_MS, Store
from app.storage.records import audit
from app.storage.records.audit import Act, Entry
from app.storage.sql import Sql
from auth.principal import PLATFORM

INTERVAL = 60.0
"""Seconds for which alike refusals are one line."""
CAPACITY = 50
"""Kinds of refusals told apart in that time. The others are one line for the whole platform, so
that a flood writes at most some 72,000 lines a day, however long it lasts."""
PRUNE_EVERY = 60
"""Intervals."""

log = structlog.get_logger()


class Refusal(NamedTuple):
    tenant: str
    act: Act
    actor: str
    target: str
    address: str


OTHERS = Refusal(PLATFORM, Act.REFUSED, "", "others", "")


class Audit:
    """`days`: for how many a line is kept; 0 for ever."""

    def __init__(self, store: Store, days: int, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._refusals: Counter[Refusal] = Counter()
        self.merged = 0
        """Refusals that were no longer told apart."""

    def write(
        self, sql: Sql, tenant: str, act: Act, *, actor: str, target: str, address: str
    ) -> None:
        """In the transaction of the act itself: neither is kept without the other."""
        self._keep(sql, Refusal(tenant, act, actor, target, address), 1)

    def refused(self, refusal: Refusal) -> None:
        if refusal not in self._refusals and len(self._refusals) >= CAPACITY:
            self.merged += 1
            refusal = OTHERS
        self._refusals[refusal] += 1

    async def run(self) -> None:
        """Until cancelled."""
        turn = 0
        while True:
            await asyncio.sleep(INTERVAL)
            turn += 1
            try:
                await self.flush()
                if turn % PRUNE_EVERY == 1:
                    await self.prune()
            except UnavailableError:
                log.warning("the audit waits for the store")

    async def flush(self) -> None:
        """Write what was refused since; where that fails it waits for the next time."""
        refusals = self._refusals
        if not refusals:
            return
        self._refusals = Counter()
        try:
            await self._store.transact(lambda sql: self._keep_all(sql, refusals))
        except UnavailableError:
            for refusal, times in refusals.items():
                self._refusals[refusal if len(self._refusals) < CAPACITY else OTHERS] += times
            raise

    async def prune(self) -> None:
        before_ms = round(self._clock() * 1_000) - self._days * DAY_MS
        while self._days:
            gone = await self._store.transact(lambda sql: audit.prune(sql, before_ms))
            if gone < audit.PRUNED_AT_ONCE:
                return

    def _keep_all(self, sql: Sql, refusals: Mapping[Refusal, int]) -> None:
        for refusal, times in refusals.items():
            self._keep(sql, refusal, times)

    def _keep(self, sql: Sql, refusal: Refusal, times: int) -> None:
        audit.write(sql, Entry(refusal.tenant, round(self._clock() * 1_000), *refusal[1:], times))
        log.info("audit", **refusal._asdict(), times=times)
