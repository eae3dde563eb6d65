"""Every backend that there is, opened as often as a test likes."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from app.iaq.alarm import Turn
from app.iaq.message import in_order, measurement_head
from app.iaq.rules import Severity, Side
from app.model import Publication, RoutingKey, Topic
from app.protocol.topics import Grant, Selection, parse_filters
from app.storage.base import Committed, Draft, Kept, Outcome, Reading, Store
from app.storage.postgres.store import PostgresStore
from app.storage.records.alerts import Alert
from app.storage.sqlite.store import SqliteStore
from tests.postgres_server import PostgresServer

EVERYTHING = Selection(parse_filters(["all"]), Grant())

KEY = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "s1")

_times: Iterator[int] = itertools.count(1_763_546_700_000)


def draft(tenant: str = "acme", **changes: Any) -> Draft:
    """A measurement of its own time, unless one is given; by its values, `reading` and `head`."""
    time_ms = next(_times)
    values = in_order(changes.pop("values", {"CO2": 645}))
    plain = Draft(tenant, KEY, time_ms, time_ms, b"", Reading(values, 85))
    return completed(structs.replace(plain, **changes))


def alert(**changes: Any) -> Alert:
    """A warning for one sensor's CO2 that was just raised."""
    plain = Alert(
        id="a1",
        tenant="acme",
        sensor_id="s1",
        enseigne="Maison",
        salle="Bureau",
        quantity="CO2",
        side=Side.ABOVE,
        rule="high",
        severity=Severity.WARNING,
        threshold=1_200.5,
        value=1_300,
        state=Turn.RAISED,
        raised_ms=1_000,
        changed_ms=1_000,
    )
    return structs.replace(plain, **changes)


def completed(sent: Draft) -> Draft:
    """With the head that belongs to its reading; a notice without one gets some head."""
    if sent.key.topic is not Topic.MEASUREMENTS:
        return structs.replace(sent, head=sent.head or b'{"type":"notice"', reading=None)
    assert sent.reading is not None
    times_ms = (sent.time_ms, sent.received_ms)
    head = measurement_head(sent.key, sent.reading.values, times_ms, sent.reading.score)
    return structs.replace(sent, head=head)


def kept(outcome: Outcome) -> Publication:
    assert isinstance(outcome, Kept)
    return outcome.publication


@dataclass
class Opened:
    """A store, and what its commits called with, commit by commit."""

    store: Store
    commits: list[list[Publication]] = field(default_factory=list)

    @property
    def committed(self) -> list[Publication]:
        return list(itertools.chain.from_iterable(self.commits))


Backend = Callable[..., AbstractAsyncContextManager[Opened]]


def backend_at(place: Path | str, *, shared: bool = False) -> Backend:
    """A file's or a database's."""

    @asynccontextmanager
    async def opened(
        capacity: int = 10_000, committed: Committed | None = None
    ) -> AsyncIterator[Opened]:
        commits: list[list[Publication]] = []
        hears = committed or (lambda publications: commits.append(list(publications)))
        store: SqliteStore | PostgresStore
        if isinstance(place, Path):
            store = SqliteStore(place, hears, capacity=capacity)
        else:
            store = PostgresStore(place, hears, capacity=capacity, shared=shared)
        try:
            yield Opened(store, commits)
        finally:
            await store.close()

    return opened


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """Opens one and the same store each time it is called."""
    if request.param == "sqlite":
        return backend_at(tmp_path / "gateway.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return backend_at(server.schema())


@pytest.fixture
async def opened(backend: Backend) -> AsyncIterator[Opened]:
    async with backend() as opened:
        yield opened


@pytest.fixture
def store(opened: Opened) -> Store:
    return opened.store
