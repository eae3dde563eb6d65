"""The broker of a gateway that is alone."""

import asyncio
from collections.abc import Sequence

from app.brokers.base import Received, by_tenant
from app.histogram import Histogram
from app.model import Publication


class MemoryBroker:
    shared = False
    up = True
    waiting = sent = unsent = received = 0

    def __init__(self) -> None:
        self._followed: dict[str, Received] = {}
        self.lag = Histogram()

    def publish(self, publications: Sequence[Publication]) -> None:
        for tenant, its in by_tenant(publications).items():
            if received := self._followed.get(tenant):
                received(its)

    async def follow(self, tenant: str, received: Received) -> None:
        self._followed[tenant] = received

    def forget(self, tenant: str) -> None:
        self._followed.pop(tenant, None)

    async def run(self) -> None:
        await asyncio.Event().wait()
