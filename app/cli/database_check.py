"""What `check-config` says of DATABASE_URL: whether it serves, and a gateway may keep there."""

from collections.abc import Iterator

import psycopg

from app.storage.postgres.connection import Db, connect, unavailable

OLDEST = 14
"""The server's version from which on the statements are tried."""
PATIENCE = 2.0
"""Seconds for a question."""


def warnings(url: str) -> Iterator[str]:
    """No mistakes: the settings may be looked at where the database cannot be reached."""
    if not url:
        return
    try:
        with connect(url, PATIENCE) as db:
            yield from _missing(db)
    except psycopg.Error as error:
        yield unavailable(error).message


def _missing(db: Db) -> Iterator[str]:
    version = db.info.server_version // 10_000
    if version < OLDEST:
        yield f"DATABASE_URL: the server is PostgreSQL {version}, a gateway wants {OLDEST} or later"
    ((may_make_tables,),) = db.execute(
        "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
    ).fetchall()
    if not may_make_tables:
        yield "DATABASE_URL: the user may not make tables there"
