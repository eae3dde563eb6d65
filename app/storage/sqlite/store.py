"""The embedded store: SQLite in WAL with `synchronous=FULL`, one writer thread, few readers.

The writer takes everything that waits into one commit, so a lone request pays one fsync at once and
a thousand concurrent ones share it: no delay is added to wait for company.
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from app.model import Position, Publication
from app.protocol.topics import Selection
from app.storage.base import (
    Bucket,
    Committed,
    Draft,
    Extent,
    Outcome,
    Period,
    Pruned,
    Retention,
)
from app.storage.readers import Readers
from app.storage.sql import Undone, Work
from app.storage.sqlite import history, order, queries, upkeep
from app.storage.sqlite.file import connect, prepare
from app.storage.sqlite.session import Session
from app.storage.sqlite.sql import attempt, read
from app.storage.sqlite.transactions import SqliteTransaction, SqliteTransactions
from app.storage.writer import Writer

PROBE_BYTES = 65_536
"""Written by each health check: about what a commit under load takes, so that both fail alike."""
READERS = 2

T = TypeVar("T")


class SqliteStore:
    """`app.storage.base.Store` in one file. `committed` runs on the loop that opened it."""

    def __init__(self, path: Path, committed: Committed, *, capacity: int) -> None:
        prepare(path)
        loop = asyncio.get_running_loop()
        transactions = SqliteTransactions(lambda: connect(path))
        self.writer = Writer(transactions, loop, committed, capacity=capacity)
        self._readers = Readers(READERS, lambda: Session(connect(path)), sqlite3.Error)

    async def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return await self.writer.append(drafts)

    async def position(self, tenant: str) -> Position:
        return await self.writer.submit(
            lambda transaction: transaction.ledger.newest(transaction.db, tenant)
        )

    async def extents(self, tenants: Sequence[str]) -> Mapping[str, Extent]:
        return await self._readers.ask(queries.extents, tenants)

    async def oldest(self, tenant: str) -> int:
        return await self._readers.ask(queries.oldest, tenant)

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
            lambda transaction: upkeep.prune(transaction.db, transaction.ledger, default, now_ms)
        )

    async def transact(self, work: Work[T]) -> T:
        done = await self.writer.submit(lambda transaction: attempt(transaction.db, work))
        if isinstance(done, Undone):
            raise done.error
        return done

    async def consult(self, work: Work[T]) -> T:
        return await self._readers.ask(lambda session: read(session.db, work))

    async def replaced(self) -> bool:
        """Never: a gateway holds its folder, and only one that stands still is put back into."""
        return False

    async def check(self) -> None:
        await self.writer.submit(_probe)

    async def close(self) -> None:
        await self.writer.close()
        await asyncio.to_thread(self._readers.close)


def _probe(transaction: SqliteTransaction) -> None:
    """Write for real, like an ingest: a full disk or a read-only file shows itself nowhere else."""
    transaction.db.execute("INSERT OR REPLACE INTO probe VALUES (1, zeroblob(?))", (PROBE_BYTES,))
