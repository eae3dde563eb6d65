"""The PostgreSQL store's transactions, as the writer's thread opens them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from app.errors import UnavailableError
from app.model import Publication
from app.storage.base import Draft, Outcome
from app.storage.postgres.connection import RUNS_OUT, Db, ask, connect, unavailable
from app.storage.postgres.ledger import Ledger

STATEMENT = 3.0
"""Seconds for each statement of a transaction."""
WRITING = 0x1A90003
"""The advisory lock of those who write: one gateway, or several that all share it."""


@dataclass(frozen=True, slots=True)
class PostgresTransaction:
    db: Db
    ledger: Ledger

    def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return self.ledger.append(self.db, drafts)


class PostgresTransactions:
    """Connects at once. Raise `UnavailableError` with the reason where that fails."""

    def __init__(self, url: str, *, shared: bool) -> None:
        self._url = url
        self._lock = "pg_advisory_lock_shared" if shared else "pg_advisory_lock"
        self._ledger = Ledger()
        try:
            self._connection: Db | None = self._connect()
        except psycopg.Error as error:
            raise unavailable(error) from error

    @contextmanager
    def open(self) -> Iterator[PostgresTransaction]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN")
            self._ledger.settle(self._connection)
            yield PostgresTransaction(self._connection, self._ledger)
            self._connection.execute("COMMIT")
        except DeadlockDetected:
            self._roll_back()  # the server is well: the writer tries each request by itself
            raise
        except RUNS_OUT as error:
            self._start_over()
            raise UnavailableError("the store does not keep anything now", part="store") from error
        except BaseException:
            self._roll_back()
            raise
        self._ledger.committed()

    def take_added(self) -> list[Publication]:
        return self._ledger.take_added()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connect(self) -> Db:
        """Raise `UnavailableError` while a gateway writes that does not share it; a killed one lets
        go at once.
        """
        db = connect(self._url, STATEMENT)
        try:
            db.execute("SET enable_seqscan = off; SET enable_hashjoin = off")
            ask(db, f"SELECT {self._lock}(%s)", (WRITING,))
        except LockNotAvailable as error:
            db.close()
            raise UnavailableError(
                "another gateway runs on DATABASE_URL: each of several needs REDIS_URL",
                part="store",
            ) from error
        except BaseException:
            db.close()
            raise
        return db

    def _roll_back(self) -> None:
        self._ledger.forget()
        if self._connection is not None:
            with suppress(psycopg.Error):  # then the next one meets it
                self._connection.execute("ROLLBACK")

    def _start_over(self) -> None:
        self._ledger.forget()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
