"""What stands behind a gateway, by its settings: the only place that names concrete backends."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from app.brokers.base import Broker
from app.brokers.cluster import Cluster
from app.brokers.connection import RedisLink
from app.brokers.memory import MemoryBroker
from app.brokers.redis import RedisBroker
from app.brokers.tickets import RedisTickets
from app.settings import Settings
from app.storage.base import Committed, Store
from app.storage.postgres.store import PostgresStore
from app.storage.sqlite.store import SqliteStore
from auth.tickets import MemoryTickets, Tickets

Work = Callable[[], Coroutine[None, None, None]]
STORE_CAPACITY = 20_000
"""Drafts that may wait for a commit; more are refused as unavailable."""
TICKETS_HELD = 10_000
"""More are refused as unavailable; each is gone within half a minute."""


@dataclass(frozen=True, slots=True)
class Backends:
    store: Store
    broker: Broker
    tickets: Tickets
    link: RedisLink | None
    """To what several gateways share; None for one alone."""
    cluster: Cluster | None
    """Of the gateways that share it."""

    @property
    def work(self) -> list[Work]:
        return [self.broker.run, *(part.run for part in (self.link, self.cluster) if part)]

    async def close(self) -> None:
        try:
            if self.link:
                await self.link.close()
        finally:
            await self.store.close()


def open_backends(settings: Settings, committed: Committed) -> Backends:
    """Raise `UnavailableError` or `NewerSchemaError` when the store cannot be opened."""
    database, redis = (
        url.get_secret_value() for url in (settings.database_url, settings.redis_url)
    )
    link = RedisLink(redis) if redis else None
    return Backends(
        store=PostgresStore(database, committed, capacity=STORE_CAPACITY, shared=bool(redis))
        if database
        else SqliteStore(settings.database_path, committed, capacity=STORE_CAPACITY),
        # Nobody but this gateway writes to the embedded store.
        broker=RedisBroker(link) if link and database else MemoryBroker(),
        tickets=RedisTickets(link, capacity=TICKETS_HELD)
        if link
        else MemoryTickets(capacity=TICKETS_HELD),
        link=link,
        cluster=Cluster(link) if link else None,
    )
