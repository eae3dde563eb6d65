"""How every user of the database connects: nobody waits for ever for a server that is gone."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from app.errors import InvalidInputError, UnavailableError

CONNECTING = 2
"""Seconds to connect, from the first packet until the server takes questions."""
GRACE = 0.5
"""Seconds that the server has, beyond a statement's own time, to say that it is up."""
RUNS_OUT = (psycopg.OperationalError, psycopg.InternalError, psycopg.InterfaceError)
"""What fails whatever is asked: no connection, a full disk, a shutdown, a standby that only reads.

The connection is not worth keeping then.
"""

_SESSION = """
    SET client_encoding = 'UTF8';
    SET statement_timeout = {milliseconds};
    SET lock_timeout = {waiting};
    SET jit = off;
    SET idle_in_transaction_session_timeout = '10s';
    SET tcp_keepalives_idle = 10;
    SET tcp_keepalives_interval = 5;
    SET tcp_keepalives_count = 3;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""
"""The server's side of it: what a vanished gateway held is let go of within half a minute.

Compiling a question took 80 ms of the 82 that a page of history did, over 26 million rows.
"""

RV = TypeVar("RV")
Db = psycopg.Connection[TupleRow]
Parameters = Sequence[Any] | Mapping[str, Any]


class BoundedConnection(psycopg.Connection[TupleRow]):
    """A server that froze acknowledges packets and answers nothing: only a clock here tells."""

    patience: float | None = None
    """Seconds for one answer; None has no end."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


def connect(url: str, seconds: float = 0) -> Db:
    """A connection whose statements may take so long each (0: for ever) and commit by themselves.

    Raise `psycopg.Error`, whose text may not be shown: it can hold a part of the address.
    """
    connection = BoundedConnection.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECTING,
        application_name="iaqverse-gateway",
        tcp_user_timeout=5_000,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
    )
    connection.patience = CONNECTING
    try:
        connection.execute(_session(seconds).encode())
    except BaseException:
        connection.close()
        raise
    connection.patience = seconds + GRACE if seconds else None
    return connection


def ask(db: Db, statement: str, parameters: Parameters) -> psycopg.Cursor[TupleRow]:
    """A statement put together of our own parts; the driver's types want it spelled out else.

    Raise `InvalidInputError` for a text with a NUL, which PostgreSQL takes in no text: the driver
    finds it before anything is sent, so the transaction is as it was.
    """
    try:
        return db.execute(statement.encode(), parameters)
    except psycopg.DataError as error:
        if error.sqlstate is None:
            raise InvalidInputError("a text holds a character that cannot be kept") from error
        raise


def _session(seconds: float) -> str:
    """A lock is given up first, so that what was in the way can be told."""
    milliseconds = round(seconds * 1000)
    return _SESSION.format(milliseconds=milliseconds, waiting=milliseconds // 2)


def unavailable(error: psycopg.Error) -> UnavailableError:
    """For whoever starts a gateway or types a command: what the server said, and no secret."""
    said = error.diag.message_primary or type(error).__name__
    if isinstance(error, psycopg.OperationalError):
        said = str(error)  # names host, port and user at most
    return UnavailableError(f"the database of DATABASE_URL does not serve: {said}", part="store")
