"""What is PostgreSQL's own: a server that goes, freezes and comes back, and who may write."""

import asyncio
import contextlib
import time

import psycopg
import pytest
from msgspec import structs

from app.errors import InvalidInputError, UnavailableError
from app.storage.base import Kept, NewerSchemaError, Period
from app.storage.postgres import history, transactions
from app.storage.postgres.connection import connect
from app.storage.postgres.schema import MIGRATIONS, prepare
from app.storage.postgres.session import Session
from app.storage.postgres.store import PostgresStore
from app.storage.postgres.transactions import PostgresTransaction
from app.storage.records import users
from auth.login import Login
from tests.postgres_server import PostgresServer
from tests.storage.conftest import EVERYTHING, KEY, Backend, Opened, backend_at, draft, kept

FAR_MS = 4_000_000_000_000
SOON = 60.0
"""Seconds within which a store is its own again."""


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.schema()


@pytest.fixture
def backend(url: str) -> Backend:
    return backend_at(url)


async def keep_at_last(opened: Opened) -> Kept:
    """As a device: again and again until it is kept."""
    sent, deadline = draft(), time.monotonic() + SOON
    while True:
        try:
            (outcome,) = await opened.store.append([sent])
        except UnavailableError as error:
            if time.monotonic() > deadline:
                pytest.fail(error.message)
            await asyncio.sleep(0.02)
        else:
            assert isinstance(outcome, Kept)
            return outcome


async def test_a_text_that_it_cannot_hold_is_the_fault_of_who_sent_it(opened: Opened) -> None:
    """Taken for a fault of the store, it would undo what others share the commit with."""
    for ask in (opened.store.transact, opened.store.consult):
        connection = await ask(lambda sql: sql.rows("SELECT pg_backend_pid()"))
        with pytest.raises(InvalidInputError):
            await ask(lambda sql: users.find(sql, Login("acme", "a\0")))
        assert await ask(lambda sql: sql.rows("SELECT pg_backend_pid()")) == connection


class TestGone:
    @pytest.fixture
    def url(self, troubled: PostgresServer) -> str:
        return troubled.schema()

    async def test_a_stopped_server_is_told_and_a_started_one_noticed(
        self, opened: Opened, troubled: PostgresServer
    ) -> None:
        (first,) = await opened.store.append([draft()])
        await opened.store.newest("acme", EVERYTHING, 1)
        troubled.stop()
        for ask in (
            opened.store.append([draft()]),
            opened.store.check(),
            opened.store.newest("acme", EVERYTHING, 1),
        ):
            with pytest.raises(UnavailableError) as refused:
                await ask
            assert refused.value.details["part"] == "store"
        troubled.start()
        second = await keep_at_last(opened)
        assert second.publication.position.sequence == 2
        found = await opened.store.after("acme", 0, EVERYTHING, 10)
        assert found == [kept(first), second.publication] == opened.committed

    async def test_a_frozen_server_is_given_up_on(
        self, opened: Opened, troubled: PostgresServer
    ) -> None:
        await opened.store.append([draft()])
        troubled.freeze()
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(opened.store.append([draft()]), transactions.STATEMENT + 20)
        troubled.thaw()
        await keep_at_last(opened)
        assert await opened.store.after("acme", 0, EVERYTHING, 10) == opened.committed

    async def test_a_commit_whose_answer_is_lost_is_told_when_it_was_done(
        self, opened: Opened
    ) -> None:
        """Else a resend is answered as a duplicate, and no subscriber ever gets it."""
        store, sent = opened.store, draft()
        assert isinstance(store, PostgresStore)

        def commits_and_dies(transaction: PostgresTransaction) -> None:
            transaction.append([sent])
            transaction.db.execute("COMMIT")
            transaction.db.close()

        with pytest.raises(UnavailableError):
            await store.writer.submit(commits_and_dies)
        assert opened.committed == []
        (again,) = await store.append([sent])
        assert again == Kept(kept(again), duplicate=True)
        assert opened.committed == [kept(again)]


class TestWriting:
    async def test_a_second_gateway_is_refused_with_the_reason(
        self, backend: Backend, opened: Opened, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transactions, "STATEMENT", 2.0)
        with pytest.raises(UnavailableError, match="another gateway"):
            async with backend():
                pass
        await opened.store.append([draft()])

    async def test_commits_reach_the_disk(self, opened: Opened) -> None:
        store = opened.store
        assert isinstance(store, PostgresStore)

        def ask(transaction: PostgresTransaction) -> list[str]:
            shown = [
                transaction.db.execute(f"SHOW {name}".encode()).fetchone()
                for name in ("synchronous_commit", "fsync")
            ]
            return [row[0] for row in shown if row]

        assert await store.writer.submit(ask) == ["on", "on"]

    async def test_a_commit_of_many_drafts_takes_no_more_questions_than_one_of_few(
        self, opened: Opened
    ) -> None:
        store = opened.store
        assert isinstance(store, PostgresStore)
        await store.append([draft()])
        asked = [await self._questions(store, count) for count in (1, 500)]
        assert asked[0] == asked[1] <= 8

    async def _questions(self, store: PostgresStore, count: int) -> int:
        """Packets are not counted, but every question is put through the connection's `wait`."""
        asked = 0

        def counted(transaction: PostgresTransaction) -> None:
            nonlocal asked
            db, wait = transaction.db, transaction.db.wait

            def counting(*words: object, **more: object) -> object:
                nonlocal asked
                asked += 1
                return wait(*words, **more)  # type: ignore[arg-type]  # passed on as they are

            vars(db)["wait"] = counting
            transaction.append([draft() for _ in range(count)])
            del vars(db)["wait"]

        await store.writer.submit(counted)
        return asked


class TestReading:
    async def test_a_page_looks_at_little_more_than_it_shows_where_many_sensors_are_seldom(
        self, opened: Opened, url: str
    ) -> None:
        """Once it looked at all there was: 10,000 records of a year were never found in time."""
        seldom = [draft(key=structs.replace(KEY, sensor_id=f"seldom{n}")) for n in range(10)]
        often = [draft(key=structs.replace(KEY, sensor_id=f"often{n % 10}")) for n in range(1_000)]
        publications = [kept(each) for each in await opened.store.append([*seldom, *often])]
        period = Period(0, FAR_MS, limit=50)
        session = Session(connect(url))
        with contextlib.closing(session), session.moment():
            session.db.execute("SET LOCAL enable_seqscan = off")  # the table is small here
            owner = session.owner("acme")
            assert owner is not None
            chosen = session.catalog.choose(owner.number, EVERYTHING, period)
            found = history.newest_rows(session, period, chosen)
            assert [row[0] for row in found] == [p.position.sequence for p in publications[:-51:-1]]
            assert 50 <= rows_looked_at(session) <= 400


def rows_looked_at(session: Session) -> int:
    """In the open transaction."""
    ((count,),) = session.db.execute(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
        " WHERE relid = 'measurements'::regclass"
    ).fetchall()
    return int(count)


class TestSchema:
    def test_it_is_made_once_and_left_as_it_is(self, url: str) -> None:
        for _ in range(2):
            prepare(url)
        with psycopg.connect(url) as db:
            assert db.execute("SELECT taken FROM schema_version").fetchall() == [(len(MIGRATIONS),)]

    def test_a_newer_one_is_refused_and_untouched(self, url: str) -> None:
        prepare(url)
        newer = len(MIGRATIONS) + 1
        with psycopg.connect(url) as db:
            db.execute("UPDATE schema_version SET taken = %s", (newer,))
        with pytest.raises(NewerSchemaError):
            prepare(url)
        with psycopg.connect(url) as db:
            assert db.execute("SELECT taken FROM schema_version").fetchall() == [(newer,)]

    def test_a_server_that_is_not_there_is_named_without_the_password(self) -> None:
        with pytest.raises(UnavailableError) as refused:
            prepare("postgresql://gateway:hunter2@127.0.0.1:1/iaq")
        assert "127.0.0.1" in refused.value.message
        assert "hunter2" not in refused.value.message
