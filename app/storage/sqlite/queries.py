"""Plain questions to the SQLite store."""

from collections.abc import Mapping, Sequence

from app.model import Position
from app.storage.base import Extent
from app.storage.sqlite.session import Session

NEWEST = """
    max(
        pruned,
        (SELECT ifnull(max(sequence), 0) FROM measurements WHERE tenant = number),
        (SELECT ifnull(max(sequence), 0) FROM notices WHERE tenant = number)
    )
"""
"""The sequence of the newest publication of a row of `tenants`."""


def oldest(session: Session, tenant: str) -> int:
    row = session.db.execute("SELECT pruned FROM tenants WHERE name = ?", (tenant,)).fetchone()
    return 1 if row is None else int(row[0]) + 1


def extents(session: Session, tenants: Sequence[str]) -> Mapping[str, Extent]:
    marks = ", ".join("?" * len(tenants))
    rows = session.db.execute(
        f"SELECT name, epoch, {NEWEST}, pruned FROM tenants WHERE name IN ({marks})",  # noqa: S608  (our own text and placeholders)
        tenants,
    )
    return {
        name: Extent(Position(epoch, newest), pruned + 1) for name, epoch, newest, pruned in rows
    }
