"""Plain questions to the SQLite store."""

from app.storage.sqlite.session import Session


def oldest(session: Session, tenant: str) -> int:
    row = session.db.execute("SELECT pruned FROM tenants WHERE name = ?", (tenant,)).fetchone()
    return 1 if row is None else int(row[0]) + 1
