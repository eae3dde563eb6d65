"""One reader of the PostgreSQL store: its connection, and the series it has seen so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from app.storage.catalog import Catalog
from app.storage.postgres.connection import Db, Parameters, ask

_OWNER = "SELECT number, name, epoch, newest, pruned, rolled FROM tenants WHERE name = %s"
_SERIES = (
    "SELECT number, tenant, sensor, sensor_id, enseigne, salle FROM series"
    " WHERE number > %s ORDER BY number"
)


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant, as one snapshot shows it."""

    number: int
    name: str
    epoch: str
    newest: int
    """The sequence of the newest publication."""
    pruned: int
    """The sequence up to which publications were let go of."""
    rolled: int
    """The sequence up to which measurements are part of the means."""


@dataclass(slots=True)
class Session:
    db: Db
    catalog: Catalog = field(default_factory=Catalog)

    @contextmanager
    def snapshot(self, tenant: str) -> Iterator[Owner | None]:
        """What is read meanwhile is of one moment; None for a tenant that was never seen."""
        with self.moment():
            yield self.owner(tenant)

    @contextmanager
    def moment(self) -> Iterator[None]:
        self.db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            yield
        finally:
            self.db.execute("ROLLBACK")

    def owner(self, tenant: str) -> Owner | None:
        self.catalog.add(self.db.execute(_SERIES, (self.catalog.newest,)).fetchall())
        row = self.db.execute(_OWNER, (tenant,)).fetchone()
        return None if row is None else Owner(*row)

    def ask(self, statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
        return ask(self.db, statement, parameters).fetchall()

    def close(self) -> None:
        self.db.close()
