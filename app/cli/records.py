"""The store's records for a command: beside a running gateway, which notices within a second."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.settings import Settings
from app.storage.postgres import sql as server
from app.storage.sql import Sql
from app.storage.sqlite import sql as embedded


@contextmanager
def records(settings: Settings) -> Iterator[Sql]:
    """One transaction; a command that is refused has changed nothing."""
    url = settings.database_url.get_secret_value()
    with server.records(url) if url else embedded.records(settings.database_path) as sql:
        yield sql


def now_ms() -> int:
    return time.time_ns() // 1_000_000
