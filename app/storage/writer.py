"""The one thread that writes: it takes whatever waits into one commit. Every backend's."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

import structlog

from app.errors import UnavailableError
from app.histogram import Histogram
from app.model import Publication
from app.storage.base import Committed, Draft, Outcome

MAX_REQUESTS = 512
"""Requests in one commit, so that the first of them does not wait long for the last."""
MAX_DRAFTS = 5_000
"""Likewise: no further request joins a commit that has so many."""

T = TypeVar("T")
log = structlog.get_logger()


class Transaction(Protocol):
    def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Give each its place in its tenant's order."""


S = TypeVar("S", bound=Transaction)
S_co = TypeVar("S_co", bound=Transaction, covariant=True)


class Transactions(Protocol[S_co]):
    """What a backend gives the writer's thread, which alone calls it."""

    def open(self) -> AbstractContextManager[S_co]:
        """Durable when the block ends; rolled back when it raises, and the next one starts over.

        Raise `UnavailableError` for what fails whatever is asked.
        """

    def take_added(self) -> list[Publication]:
        """What has become durable since this was asked last, in order."""

    def close(self) -> None: ...


@dataclass(slots=True)
class _Request(Generic[S]):
    future: asyncio.Future[Any]
    work: Callable[[S], Any] | None
    """None for one that appends drafts."""
    drafts: Sequence[Draft]
    weight: int
    result: object = None


class Writer(Generic[S]):
    """Runs work in transactions, many requests to one commit, the drafts of all of them first.

    `capacity` is the weight (drafts) that may wait; beyond it a request is refused as unavailable
    and nothing of it is kept.
    """

    def __init__(
        self,
        transactions: Transactions[S],
        loop: asyncio.AbstractEventLoop,
        committed: Committed,
        *,
        capacity: int,
    ) -> None:
        self._transactions = transactions
        self._loop = loop
        self._committed = committed
        self._capacity = capacity
        self._requests: queue.SimpleQueue[_Request[S] | None] = queue.SimpleQueue()
        self._closing = False
        self.waiting = 0
        self.commits = Histogram()
        """How long each took, on the thread that writes."""
        self.refused = 0
        """Requests too many to wait."""
        self.failed = 0
        """Requests that the store did not keep."""
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """The outcomes once they are durable; `UnavailableError` when nothing was kept."""
        outcomes: list[Outcome] = await self._submit(None, drafts, len(drafts))
        return outcomes

    async def submit(self, work: Callable[[S], T]) -> T:
        """The work's result once it is durable; `UnavailableError` when nothing was kept."""
        result: T = await self._submit(work, (), 1)
        return result

    async def close(self) -> None:
        self._closing = True
        self._requests.put(None)
        await asyncio.to_thread(self._thread.join)

    async def _submit(
        self, work: Callable[[S], Any] | None, drafts: Sequence[Draft], weight: int
    ) -> Any:
        if self._closing or self.waiting + weight > self._capacity:
            self.refused += 1
            raise UnavailableError("too much waits to be kept", part="store", retry_after=1)
        request = _Request(self._loop.create_future(), work, drafts, weight)
        self.waiting += weight
        self._requests.put(request)
        return await request.future

    def _run(self) -> None:
        while batch := self._next_batch():
            self._keep(batch)
        self._transactions.close()

    def _next_batch(self) -> list[_Request[S]]:
        """Wait for one request, take what else is there; empty when it is time to end."""
        first = self._requests.get()
        batch: list[_Request[S]] = []
        drafts = 0
        while first is not None:
            batch.append(first)
            drafts += len(first.drafts)
            if len(batch) == MAX_REQUESTS or drafts >= MAX_DRAFTS or self._requests.empty():
                return batch
            first = self._requests.get()
        if batch:
            self._requests.put(None)
        return batch

    def _keep(self, batch: Sequence[_Request[S]]) -> bool:
        """Whether the store answers. One request's own fault takes no other along."""
        try:
            self._commit(batch)
        except UnavailableError as error:
            self._tell(self._failed, [*batch, *self._take_waiting()], error)
            return False
        except Exception as error:  # noqa: BLE001  (a thread that ended would leave everyone waiting for ever)
            if len(batch) == 1:
                self._tell(self._failed, batch, error)
            else:
                self._keep_singly(batch)
        else:
            self._tell(self._done, batch, self._transactions.take_added())
        return True

    def _keep_singly(self, batch: Sequence[_Request[S]]) -> None:
        for number, request in enumerate(batch, 1):
            if not self._keep([request]):
                self._tell(self._failed, batch[number:], _gone())
                break

    def _take_waiting(self) -> list[_Request[S]]:
        """Who came while the store took its time to fail need not wait for it to fail again."""
        waiting: list[_Request[S]] = []
        with suppress(queue.Empty):
            while request := self._requests.get_nowait():
                waiting.append(request)
            self._requests.put(None)
        return waiting

    def _commit(self, batch: Sequence[_Request[S]]) -> None:
        began = perf_counter()
        with self._transactions.open() as transaction:
            outcomes = iter(transaction.append([d for request in batch for d in request.drafts]))
            for request in batch:
                if request.work is None:
                    request.result = list(islice(outcomes, len(request.drafts)))
                else:
                    request.result = request.work(transaction)
        self.commits.observe_since(began)

    def _tell(self, how: Callable[..., None], *what: object) -> None:
        self._loop.call_soon_threadsafe(how, *what)

    def _done(self, batch: Sequence[_Request[S]], added: list[Publication]) -> None:
        try:
            if added:
                self._committed(added)
        finally:
            for request in batch:
                self.waiting -= request.weight
                if not request.future.done():
                    request.future.set_result(request.result)

    def _failed(self, batch: Sequence[_Request[S]], error: Exception) -> None:
        # only a driver's own words are logged: another error may repeat what was to be kept
        ours = isinstance(error, UnavailableError)
        reason = str(error.__cause__ or error) if ours else type(error).__name__
        log.error("store does not keep", error=reason, requests=len(batch))
        self.failed += len(batch)
        for request in batch:
            self.waiting -= request.weight
            if not request.future.done():
                request.future.set_exception(_gone())


def _gone() -> UnavailableError:
    return UnavailableError("the store does not keep anything now", part="store")
