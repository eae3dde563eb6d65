"""The one thread that writes: it takes whatever waits into one commit."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from app.errors import UnavailableError
from app.model import Publication
from app.storage.base import Committed
from app.storage.sqlite.ledger import Ledger

MAX_REQUESTS = 512
"""Requests in one commit, so that the first of them does not wait long for the last."""

T = TypeVar("T")
Work = Callable[[sqlite3.Connection, Ledger], T]
log = structlog.get_logger()


@dataclass(slots=True)
class _Request:
    future: asyncio.Future[Any]
    work: Work[Any]
    weight: int
    result: object = None


class Writer:
    """Runs work in transactions, many requests to one commit.

    `capacity` is the weight (drafts) that may wait; beyond it a request is refused as unavailable
    and nothing of it is kept.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        loop: asyncio.AbstractEventLoop,
        committed: Committed,
        *,
        capacity: int,
    ) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._ledger = Ledger()
        self._loop = loop
        self._committed = committed
        self._capacity = capacity
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._closing = False
        self.waiting = 0
        self.commits = 0
        self.refused = 0
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def submit(self, work: Work[T], weight: int = 1) -> T:
        """The work's result once it is durable; `UnavailableError` when nothing was kept."""
        if self._closing or self.waiting + weight > self._capacity:
            self.refused += 1
            raise UnavailableError("too much waits to be kept", part="store", retry_after=1)
        request = _Request(self._loop.create_future(), work, weight)
        self.waiting += weight
        self._requests.put(request)
        result: T = await request.future
        return result

    async def close(self) -> None:
        self._closing = True
        self._requests.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                added = self._commit(batch)
            except Exception as error:  # noqa: BLE001  (a thread that ended would leave everyone waiting for ever)
                self._roll_back()
                self._loop.call_soon_threadsafe(self._failed, batch, error)
            else:
                self._loop.call_soon_threadsafe(self._done, batch, added)
        if self._connection is not None:
            self._connection.close()

    def _next_batch(self) -> list[_Request]:
        """Wait for one request, take what else is there; empty when it is time to end."""
        first = self._requests.get()
        batch: list[_Request] = []
        while first is not None:
            batch.append(first)
            if len(batch) == MAX_REQUESTS or self._requests.empty():
                return batch
            first = self._requests.get()
        if batch:
            self._requests.put(None)
        return batch

    def _commit(self, batch: Sequence[_Request]) -> list[Publication]:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.execute("BEGIN IMMEDIATE")
        for request in batch:
            request.result = request.work(self._connection, self._ledger)
        self._connection.execute("COMMIT")
        return self._ledger.take_added()

    def _roll_back(self) -> None:
        """Start over with a new connection: the file may have been replaced or be full."""
        self._ledger.forget()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _done(self, batch: Sequence[_Request], added: list[Publication]) -> None:
        self.commits += 1
        try:
            if added:
                self._committed(added)
        finally:
            for request in batch:
                self.waiting -= request.weight
                if not request.future.done():
                    request.future.set_result(request.result)

    def _failed(self, batch: Sequence[_Request], error: Exception) -> None:
        reason = str(error) if isinstance(error, sqlite3.Error) else type(error).__name__
        log.error("store does not keep", error=reason, requests=len(batch))
        for request in batch:
            self.waiting -= request.weight
            if not request.future.done():
                request.future.set_exception(
                    UnavailableError("the store does not keep anything now", part="store")
                )
