"""One reader of the SQLite store: its connection, and the series it has seen so far."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.storage.catalog import Catalog

_OWNER = "SELECT number, name, epoch, pruned, rolled FROM tenants WHERE name = ?"
_SERIES = (
    "SELECT number, tenant, sensor, sensor_id, enseigne, salle FROM series"
    " WHERE number > ? ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant, as one snapshot shows it."""

    number: int
    name: str
    epoch: str
    pruned: int
    """The sequence up to which publications were let go of."""
    rolled: int
    """The sequence up to which measurements are part of the means."""


@dataclass(slots=True)
class Session:
    db: sqlite3.Connection
    catalog: Catalog = field(default_factory=Catalog)

    @contextmanager
    def snapshot(self, tenant: str) -> Iterator[Owner | None]:
        """What is read meanwhile is of one moment; None for a tenant that was never seen."""
        self.db.execute("BEGIN")
        try:
            self.catalog.add(self.db.execute(_SERIES, (self.catalog.newest,)))
            row = self.db.execute(_OWNER, (tenant,)).fetchone()
            yield None if row is None else Owner(*row)
        finally:
            self.db.execute("ROLLBACK")

    def close(self) -> None:
        self.db.close()
