"""What is kept, read in two ways: through the gateway's history, and from its store without it."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing

import httpx2

from app.model import Publication
from app.protocol.topics import ALL, Grant, Selection, TopicFilter
from app.settings import Settings
from app.storage.base import Store
from app.storage.postgres.store import PostgresStore
from app.storage.sqlite.store import SqliteStore
from tests.chaos.ledger import Seen
from tests.chaos.stack import TENANT, Stack

EVERYTHING = Selection(frozenset({TopicFilter(ALL)}), Grant())
CHUNK = 5_000
LONG_AGO = "2000-01-01T00:00:00Z"


async def history(dashboard: httpx2.AsyncClient, sensors: Iterable[str]) -> list[Seen]:
    """`GET /api/iaq/data`, sensor by sensor."""
    records: list[Seen] = []
    for sensor in sensors:
        params: dict[str, str | int] = {"sensor_id": sensor, "start": LONG_AGO, "limit": 1_000_000}
        answer = await dashboard.get("/api/iaq/data", params=params)
        records += [Seen.of(record) for record in answer.raise_for_status().json()]
    return records


async def stored(stack: Stack, tenant: str = TENANT) -> list[Publication]:
    """In the tenant's order; where one gateway has the store to itself, after that has ended."""
    store = _opened(stack.settings)
    found: list[Publication] = []
    try:
        while chunk := await store.after(tenant, _last(found), EVERYTHING, CHUNK):
            found += chunk
    finally:
        await store.close()
    return found


def _opened(settings: Settings) -> Store:
    url = settings.database_url.get_secret_value()
    if url:
        shared = bool(settings.redis_url)
        return PostgresStore(url, lambda _: None, capacity=1, shared=shared)
    with closing(sqlite3.connect(settings.database_path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return SqliteStore(settings.database_path, lambda _: None, capacity=1)


def seen(publications: Iterable[Publication], topic: str) -> list[Seen]:
    """As a reader of the topic gets them."""
    chosen = TopicFilter.parse(topic)
    return [Seen.of(json.loads(each.text)) for each in publications if chosen.matches(each.key)]


def _last(found: list[Publication]) -> int:
    return found[-1].position.sequence if found else 0
