"""The SQLite store's transactions, as the writer's thread opens them."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app.errors import UnavailableError
from app.model import Publication
from app.storage.base import Draft, Outcome
from app.storage.sqlite.ledger import Ledger


@dataclass(frozen=True, slots=True)
class SqliteTransaction:
    db: sqlite3.Connection
    ledger: Ledger

    def append(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return self.ledger.append(self.db, drafts)


class SqliteTransactions:
    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._ledger = Ledger()

    @contextmanager
    def open(self) -> Iterator[SqliteTransaction]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.execute("BEGIN IMMEDIATE")
            yield SqliteTransaction(self._connection, self._ledger)
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._start_over()
            raise UnavailableError("the store does not keep anything now", part="store") from error
        except BaseException:
            self._start_over()
            raise

    def take_added(self) -> list[Publication]:
        return self._ledger.take_added()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _start_over(self) -> None:
        """With a new connection: the file may have been replaced or be full."""
        self._ledger.forget()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
