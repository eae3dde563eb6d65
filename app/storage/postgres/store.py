"""The store in PostgreSQL: one writer thread that batches, as many readers as ask at once."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

import psycopg

from app.model import Position, Publication
from app.protocol.topics import Selection
from app.storage.base import Bucket, Committed, Draft, Extent, Outcome, Period, Pruned, Retention
from app.storage.postgres import history, order, upkeep
from app.storage.postgres.connection import connect
from app.storage.postgres.schema import Identity, identity, prepare
from app.storage.postgres.session import Session
from app.storage.postgres.sql import attempt, read
from app.storage.postgres.transactions import PostgresTransaction, PostgresTransactions
from app.storage.readers import Readers
from app.storage.sql import Undone, Work
from app.storage.writer import Writer

READERS = 4
QUESTION = 4.0
"""Seconds for each question of a reader."""

T = TypeVar("T")


class PostgresStore:
    """`app.storage.base.Store` in a database. `committed` runs on the loop that opened it.

    A `shared` one leaves room for the stores of other gateways, if they are shared as well. Raise
    `UnavailableError` with the reason, or `NewerSchemaError`, where it cannot be opened.
    """

    def __init__(
        self, url: str, committed: Committed, *, capacity: int, shared: bool = False
    ) -> None:
        self._identity = prepare(url)
        transactions = PostgresTransactions(url, shared=shared)
        loop = asyncio.get_running_loop()
        self.writer = Writer(transactions, loop, committed, capacity=capacity)
        self._readers = Readers(READERS, lambda: Session(connect(url, QUESTION)), psycopg.Error)

    async def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return await self.writer.append(drafts)

    async def position(self, tenant: str) -> Position:
        return await self.writer.submit(
            lambda transaction: transaction.ledger.newest(transaction.db, tenant)
        )

    async def extents(self, tenants: Sequence[str]) -> Mapping[str, Extent]:
        return await self._readers.ask(order.extents, tenants)

    async def oldest(self, tenant: str) -> int:
        return await self._readers.ask(order.oldest, tenant)

    async def after(
        self, tenant: str, sequence: int, selection: Selection, limit: int
    ) -> list[Publication]:
        return await self._readers.ask(order.after, tenant, sequence, selection, limit)

    async def newest(self, tenant: str, selection: Selection, limit: int) -> list[Publication]:
        return await self._readers.ask(order.newest, tenant, selection, limit)

    async def measurements(
        self, tenant: str, period: Period, selection: Selection, after: int | None = None
    ) -> list[Publication]:
        return await self._readers.ask(history.measurements, tenant, period, selection, after)

    async def buckets(self, tenant: str, period: Period, selection: Selection) -> list[Bucket]:
        return await self._readers.ask(history.buckets, tenant, period, selection)

    async def roll_up(self) -> int:
        return await self.writer.submit(lambda transaction: upkeep.roll_up(transaction.db))

    async def prune(self, default: Retention, now_ms: int) -> Pruned:
        return await self.writer.submit(
            lambda transaction: upkeep.prune(transaction.db, default, now_ms)
        )

    async def transact(self, work: Work[T]) -> T:
        done = await self.writer.submit(lambda transaction: attempt(transaction.db, work))
        if isinstance(done, Undone):
            raise done.error
        return done

    async def consult(self, work: Work[T]) -> T:
        return await self._readers.ask(read, work)

    async def replaced(self) -> bool:
        return await self._readers.ask(_identity) != self._identity

    async def check(self) -> None:
        await self.writer.submit(_probe)

    async def close(self) -> None:
        await self.writer.close()
        await asyncio.to_thread(self._readers.close)


def _identity(session: Session) -> Identity:
    return identity(session.db)


def _probe(transaction: PostgresTransaction) -> None:
    """Write for real: a server that only reads answers every other question."""
    transaction.db.execute("UPDATE probe SET asked = asked + 1")
