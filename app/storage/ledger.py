"""Gives each publication its place in its tenant's order, inside the writer's transaction."""

import secrets
import sqlite3
import time
from collections.abc import Sequence

from app.model import Position, Publication
from app.storage.base import Draft, Kept, Outcome, Taken

_INSERT = """
    INSERT INTO publications (tenant, sequence, topic, enseigne, salle, sensor_id,
                              time_ms, received_ms, identity, text)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, sensor_id, time_ms) WHERE topic = 'measurements' DO NOTHING
"""
_SAME = """
    SELECT sequence, identity, text FROM publications
    WHERE tenant = ? AND sensor_id = ? AND time_ms = ? AND topic = 'measurements'
"""


class Ledger:
    """The newest position of each tenant, and what the open transaction has added so far."""

    def __init__(self) -> None:
        self._newest: dict[str, Position] = {}
        self._added: list[Publication] = []

    def append(self, connection: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Outcome]:
        return [self._keep(connection, draft) for draft in drafts]

    def newest(self, connection: sqlite3.Connection, tenant: str) -> Position:
        """The tenant's newest position; a tenant never seen gets its epoch here."""
        known = self._newest.get(tenant)
        if known is None:
            known = self._newest[tenant] = _read(connection, tenant)
        return known

    def take_added(self) -> list[Publication]:
        added, self._added = self._added, []
        return added

    def forget(self) -> None:
        """After a roll-back: what was thought to be kept is not."""
        self._newest.clear()
        self._added.clear()

    def _keep(self, connection: sqlite3.Connection, draft: Draft) -> Outcome:
        newest = self.newest(connection, draft.tenant)
        position = Position(newest.epoch, newest.sequence + 1)
        key = draft.key
        text = b'%b,"position":"%b"}' % (draft.head, str(position).encode())
        cursor = connection.execute(
            _INSERT,
            (
                draft.tenant, position.sequence, key.topic, key.enseigne, key.salle, key.sensor_id,
                draft.time_ms, draft.received_ms, draft.identity, text,
            ),
        )  # fmt: skip
        if cursor.rowcount == 0:
            return _same_or_taken(connection, draft, newest.epoch)
        self._newest[draft.tenant] = position
        publication = Publication(draft.tenant, position, key, text)
        self._added.append(publication)
        return Kept(publication)


def _same_or_taken(connection: sqlite3.Connection, draft: Draft, epoch: str) -> Outcome:
    sequence, identity, text = connection.execute(
        _SAME, (draft.tenant, draft.key.sensor_id, draft.time_ms)
    ).fetchone()
    if identity != draft.identity:
        return Taken()
    position = Position(epoch, sequence)
    return Kept(Publication(draft.tenant, position, draft.key, text), duplicate=True)


def _read(connection: sqlite3.Connection, tenant: str) -> Position:
    connection.execute(
        "INSERT INTO tenants (name, epoch, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (tenant, secrets.token_hex(6), time.time_ns() // 1_000_000),
    )
    epoch, sequence = connection.execute(
        """
        SELECT epoch, (SELECT coalesce(max(sequence), 0) FROM publications WHERE tenant = name)
        FROM tenants WHERE name = ?
        """,
        (tenant,),
    ).fetchone()
    return Position(epoch, sequence)
