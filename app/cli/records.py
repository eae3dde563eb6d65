"""The store's records for a command: beside a running gateway, which notices within a second."""

import time
from contextlib import AbstractContextManager

from app.settings import Settings
from app.storage.sql import Sql
from app.storage.sqlite import sql as embedded


def records(settings: Settings) -> AbstractContextManager[Sql]:
    """One transaction; a command that is refused has changed nothing."""
    url = settings.database_url.get_secret_value()
    if not url:
        return embedded.records(settings.database_path)
    from app.storage.postgres import sql as server  # psycopg is slow to import

    return server.records(url)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
