"""What another process does to the store of a gateway, which does not hear of it."""

import time
from functools import partial

from app.model import RoutingKey, Topic
from app.settings import Settings
from app.storage.base import DAY_MS, Draft, Reading, Retention
from app.storage.postgres import upkeep
from app.storage.postgres.connection import connect
from app.storage.postgres.ledger import Ledger
from app.storage.sqlite.store import SqliteStore
from tests.edge.wire import until

PAST = Retention(raw_days=1)


async def commit(settings: Settings, tenant: str) -> None:
    """One measurement, between its commit and its announcement."""
    now_ms = time.time_ns() // 1_000_000
    key = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "sensor8")
    draft = Draft(tenant, key, now_ms, now_ms, b"{", Reading({"CO2": 645}, 85))
    url = settings.database_url.get_secret_value()
    if url:
        with connect(url) as db, db.transaction():
            Ledger().append(db, [draft])
        return
    store = SqliteStore(settings.database_path, lambda _: None, capacity=1)
    await store.append([draft])
    await store.close()


async def prune(settings: Settings) -> None:
    """Everything there is, as one that looks in a day."""
    later_ms = time.time_ns() // 1_000_000 + DAY_MS + 1
    url = settings.database_url.get_secret_value()
    if url:
        await until(partial(_pruned, url, later_ms), within=10)
        return
    store = SqliteStore(settings.database_path, lambda _: None, capacity=1)
    while await store.roll_up():
        pass
    assert (await store.prune(PAST, later_ms)).rows
    await store.close()


async def _pruned(url: str, later_ms: int) -> bool:
    """Not at once where the gateway's own upkeep has the tenant: it is passed over then."""
    with connect(url) as db, db.transaction():
        while upkeep.roll_up(db):
            pass
        return upkeep.prune(db, PAST, later_ms).rows > 0
