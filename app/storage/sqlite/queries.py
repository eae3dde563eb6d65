"""Plain questions to the SQLite store."""

import time

from app.storage.base import Denied
from app.storage.sqlite.session import Session


def oldest(session: Session, tenant: str) -> int:
    row = session.db.execute("SELECT pruned FROM tenants WHERE name = ?", (tenant,)).fetchone()
    return 1 if row is None else int(row[0]) + 1


def denied(session: Session) -> Denied:
    tenants = session.db.execute("SELECT name FROM tenants WHERE disabled")
    tokens = session.db.execute(
        "SELECT token_id, expires_at FROM devices WHERE revoked AND expires_at > ?",
        [int(time.time())],
    )
    return Denied(frozenset(name for (name,) in tenants), dict(tokens.fetchall()))
