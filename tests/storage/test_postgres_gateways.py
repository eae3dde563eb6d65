"""Several gateways on one database: one order, one truth."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psycopg
import pytest
from msgspec import structs

from app.errors import UnavailableError
from app.iaq.message import in_order
from app.storage.base import Kept, Past, Reading, Retention, Taken
from app.storage.postgres import transactions
from app.storage.postgres.store import PostgresStore
from app.storage.sql import Sql
from tests.postgres_server import PostgresServer
from tests.storage.conftest import EVERYTHING, KEY, Opened, backend_at, completed, draft, kept


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.schema()


@pytest.fixture
async def three(url: str) -> AsyncIterator[list[Opened]]:
    backend = backend_at(url, shared=True)
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(backend()) for _ in range(3)]


@pytest.mark.parametrize("first", [True, False])
async def test_one_that_shares_and_one_that_does_not_are_not_there_at_once(
    url: str, monkeypatch: pytest.MonkeyPatch, *, first: bool
) -> None:
    async with backend_at(url, shared=first)():
        monkeypatch.setattr(transactions, "STATEMENT", 2.0)
        with pytest.raises(UnavailableError, match="REDIS_URL"):
            async with backend_at(url, shared=not first)():
                pass


async def test_positions_are_counted_without_holes_whoever_keeps(three: list[Opened]) -> None:
    sent = [
        opened.store.append([draft(tenant=tenant) for tenant in ("acme", "beta", "acme")])
        for opened in three
        for _ in range(20)
    ]
    outcomes = [kept(each) for batch in await asyncio.gather(*sent) for each in batch]
    for tenant, count in (("acme", 120), ("beta", 60)):
        own = [each for each in outcomes if each.tenant == tenant]
        assert sorted(each.position.sequence for each in own) == list(range(1, count + 1))
        for opened in three:
            heard = [each.position.sequence for each in opened.committed if each.tenant == tenant]
            assert heard == sorted(heard)
            found = await opened.store.after(tenant, 0, EVERYTHING, 1_000)
            assert found == sorted(own, key=lambda each: each.position.sequence)


async def test_a_measurement_is_one_whoever_it_is_sent_to(three: list[Opened]) -> None:
    sent = draft()
    other = completed(structs.replace(sent, reading=Reading(in_order({"CO2": 1}), 1)))
    answers = await asyncio.gather(*(opened.store.append([sent]) for opened in three))
    outcomes = [outcome for (outcome,) in answers if isinstance(outcome, Kept)]
    assert sorted(each.duplicate for each in outcomes) == [False, True, True]
    assert len({each.publication.position for each in outcomes}) == 1
    assert [await opened.store.append([other]) for opened in three] == [[Taken()]] * 3


async def test_a_sensor_has_one_number_and_a_tenant_one_epoch(three: list[Opened]) -> None:
    places = [structs.replace(KEY, salle=f"room {n}") for n in range(3)]
    sent = [opened.store.append([draft(key=key) for key in places]) for opened in three]
    await asyncio.gather(*sent)
    ends = await asyncio.gather(*(opened.store.position("new") for opened in three))
    assert len(set(ends)) == 1
    again = draft(key=places[0])
    assert isinstance((await three[0].store.append([again]))[0], Kept)
    moved = completed(structs.replace(again, key=places[1]))
    assert await three[1].store.append([moved]) == [Taken()]


async def test_what_one_let_go_of_is_past_for_all(three: list[Opened]) -> None:
    now_ms = 1_900_000_000_000
    old = draft()
    await three[0].store.append([old])
    while await three[1].store.roll_up():
        pass
    pruned = [await opened.store.prune(Retention(raw_days=1), now_ms) for opened in three]
    assert [dict(each.oldest) for each in pruned] == [{"acme": 2}, {}, {}]
    assert await three[2].store.append([old]) == [Past()]
    assert (await three[2].store.extents(["acme"]))["acme"].oldest == 2


async def test_upkeep_leaves_a_tenant_that_another_holds_for_the_next_time(
    three: list[Opened], url: str
) -> None:
    store = three[0].store
    await store.append([draft(), draft("beta")])
    with psycopg.connect(url) as other:
        other.execute("SELECT FROM tenants WHERE name = 'acme' FOR UPDATE")
        async with asyncio.timeout(20):
            assert await store.roll_up() == 0
            await store.prune(Retention(), 0)
        assert other.execute("SELECT name FROM tenants WHERE rolled = 1").fetchall() == [("beta",)]


async def test_records_are_changed_by_one_at_a_time(three: list[Opened]) -> None:
    await three[0].store.transact(lambda sql: sql.change("CREATE TABLE counts (n INTEGER)"))
    await three[0].store.transact(lambda sql: sql.change("INSERT INTO counts VALUES (0)"))

    def count(sql: Sql) -> None:
        ((n,),) = sql.rows("SELECT n FROM counts")
        sql.rows("SELECT pg_sleep(0.002)")
        sql.change("UPDATE counts SET n = ?", n + 1)

    await asyncio.gather(*(opened.store.transact(count) for opened in three for _ in range(10)))
    assert await three[0].store.consult(lambda sql: sql.rows("SELECT n FROM counts")) == [(30,)]


async def test_a_circle_of_waiting_is_broken_and_nobody_loses_anything(
    three: list[Opened], url: str
) -> None:
    """The drafts come first in a commit; its work then waits for what another one holds."""
    store = three[0].store
    assert isinstance(store, PostgresStore)
    await store.append([draft()])
    await store.writer.submit(lambda its: its.db.execute("SET deadlock_timeout = '1ms'"))
    holds, waits, both_came = threading.Event(), threading.Event(), threading.Event()

    def other() -> None:
        with psycopg.connect(url) as db:
            db.execute("SET deadlock_timeout = '1min'")
            db.execute("UPDATE probe SET asked = 0")
            holds.set()
            waits.wait()
            db.execute("SELECT FROM tenants WHERE name = 'acme' FOR UPDATE")

    def probed(sql: Sql) -> int:
        if not waits.is_set():
            waits.set()
            while not sql.rows("SELECT FROM pg_locks WHERE NOT granted"):
                pass  # PostgreSQL looks for a circle once, as ours begins to wait
        return sql.change("UPDATE probe SET asked = asked + 1")

    rival = asyncio.create_task(asyncio.to_thread(other))
    await asyncio.to_thread(holds.wait)
    before = asyncio.create_task(store.writer.submit(lambda _: both_came.wait()))
    both = asyncio.gather(store.append([draft()]), store.transact(probed))
    async with asyncio.timeout(30):
        await asyncio.sleep(0)
        both_came.set()
        (sent, changed), _, _ = await asyncio.gather(both, rival, before)
    assert (kept(sent[0]).position.sequence, changed) == (2, 1)
