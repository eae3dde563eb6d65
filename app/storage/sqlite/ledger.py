"""Gives each publication its place in its tenant's order, inside the writer's transaction."""

import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.model import Position, Publication, RoutingKey, Topic
from app.storage.base import Draft, Kept, Outcome, Past, Taken
from app.storage.columns import (
    PLACED,
    READING,
    from_row,
    measurements,
    published,
    reading_of,
    to_row,
)
from app.storage.sqlite.queries import NEWEST

SERIES_REMEMBERED = 50_000
"""Beyond it they are all looked up anew."""

_MEASUREMENT = f"""
    INSERT INTO measurements (sensor, time_ms, tenant, sequence, series, lag_ms,
                              {", ".join(READING)})
    VALUES (?, ?, ?, ?, ?, ?{", ?" * len(READING)}) ON CONFLICT DO NOTHING
"""  # noqa: S608  (the names of columns)
_NOTICE = "INSERT INTO notices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SAME = f"""
    SELECT {", ".join(PLACED)} FROM measurements
    WHERE sensor = ? AND time_ms = ?
"""  # noqa: S608  (as above)


@dataclass(slots=True)
class _Order:
    """A tenant's, as far as the open transaction has brought it."""

    tenant: int
    newest: Position
    pruned_ms: int


class Ledger:
    """Where each tenant's order stands, and what the open transaction has added to it."""

    def __init__(self) -> None:
        self._orders: dict[str, _Order] = {}
        self._series: dict[tuple[int, RoutingKey], tuple[int, int]] = {}
        self._added: list[Publication] = []

    def append(self, db: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Outcome]:
        return [self._keep(db, draft) for draft in drafts]

    def newest(self, db: sqlite3.Connection, tenant: str) -> Position:
        """The tenant's newest position; a tenant never seen gets its epoch here."""
        return self._order(db, tenant).newest

    def take_added(self) -> list[Publication]:
        added, self._added = self._added, []
        return added

    def forget(self) -> None:
        """After a roll-back: what was thought to be kept is not."""
        self._orders.clear()
        self._series.clear()
        self._added.clear()

    def forget_orders(self) -> None:
        """After a pruning: how far it went is read anew."""
        self._orders.clear()

    def _keep(self, db: sqlite3.Connection, draft: Draft) -> Outcome:
        order = self._order(db, draft.tenant)
        position = Position(order.newest.epoch, order.newest.sequence + 1)
        key = draft.key
        if key.topic is Topic.MEASUREMENTS:
            refused = self._keep_measurement(db, order, position.sequence, draft)
            if refused is not None:
                return refused
        else:
            place = (key.topic, key.enseigne, key.salle, key.sensor_id)
            times = (draft.time_ms, draft.received_ms)
            db.execute(_NOTICE, (order.tenant, position.sequence, *place, *times, draft.head))
        order.newest = position
        publication = published(
            draft.tenant, position, key, draft.head, backlog=draft.backlog, trace=draft.trace
        )
        self._added.append(publication)
        return Kept(publication)

    def _keep_measurement(
        self, db: sqlite3.Connection, order: _Order, sequence: int, draft: Draft
    ) -> Outcome | None:
        """None once it is kept; else what is there already."""
        if draft.time_ms < order.pruned_ms:
            return Past()
        sensor, series = self._numbers(db, order.tenant, draft.key)
        reading = reading_of(draft)
        row = to_row(reading)
        lag_ms = draft.received_ms - draft.time_ms
        inserted = db.execute(
            _MEASUREMENT, (sensor, draft.time_ms, order.tenant, sequence, series, lag_ms, *row)
        )
        if inserted.rowcount:
            return None
        first = db.execute(_SAME, (sensor, draft.time_ms)).fetchone()
        if first[1] != series or from_row(first[-len(READING) :]).values != reading.values:
            return Taken()
        epoch, keys = order.newest.epoch, {series: draft.key}
        (publication,) = measurements(draft.tenant, epoch, keys, [first])
        return Kept(publication, duplicate=True)

    def _order(self, db: sqlite3.Connection, tenant: str) -> _Order:
        known = self._orders.get(tenant)
        if known is None:
            known = self._orders[tenant] = _read(db, tenant)
        return known

    def _numbers(self, db: sqlite3.Connection, tenant: int, key: RoutingKey) -> tuple[int, int]:
        """The sensor's and the series' numbers; those never seen get theirs here."""
        known = self._series.get((tenant, key))
        if known is None:
            if len(self._series) >= SERIES_REMEMBERED:
                self._series.clear()
            known = self._series[tenant, key] = _number(db, tenant, key)
        return known


def _number(db: sqlite3.Connection, tenant: int, key: RoutingKey) -> tuple[int, int]:
    named = (tenant, key.sensor_id, key.enseigne, key.salle)
    added = db.execute(
        """
        INSERT INTO series (tenant, sensor, sensor_id, enseigne, salle) VALUES (?, 0, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        named,
    )
    if added.rowcount:
        db.execute(
            """
            UPDATE series SET sensor = (
                SELECT min(number) FROM series AS all_of_it WHERE tenant = ? AND sensor_id = ?
            )
            WHERE number = ?
            """,
            (tenant, key.sensor_id, added.lastrowid),
        )
    sensor, series = db.execute(
        "SELECT sensor, number FROM series"
        " WHERE tenant = ? AND sensor_id = ? AND enseigne = ? AND salle = ?",
        named,
    ).fetchone()
    return sensor, series


def _read(db: sqlite3.Connection, tenant: str) -> _Order:
    db.execute(
        "INSERT INTO tenants (name, epoch, created_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (tenant, secrets.token_hex(6), time.time_ns() // 1_000_000),
    )
    number, epoch, sequence, pruned_ms = db.execute(
        f"SELECT number, epoch, {NEWEST}, pruned_ms FROM tenants WHERE name = ?",  # noqa: S608  (our own text)
        (tenant,),
    ).fetchone()
    return _Order(number, Position(epoch, sequence), pruned_ms)
