"""Gives each publication its place in its tenant's order, inside the writer's transaction.

The tenants' rows are locked first, always by name, so that several gateways may do this at once:
what a tenant's order holds cannot change until the commit. The same few statements keep one draft
or thousands.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.model import Position, Publication, RoutingKey, Topic
from app.protocol.topics import EVERYTHING
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
from app.storage.postgres import order
from app.storage.postgres.connection import Db, ask
from app.storage.postgres.numbers import Numbers, keys_of
from app.storage.postgres.session import Session

_SEEN = "SELECT name, number, epoch, newest, pruned_ms FROM tenants WHERE name = ANY(%s)"
_ORDERS = f"{_SEEN} ORDER BY name FOR UPDATE"
_FIRST = f"""
    SELECT sensor, {", ".join(PLACED)}
    FROM unnest(%s::int[], %s::bigint[]) AS asked (sensor, time_ms)
    JOIN measurements USING (sensor, time_ms)
"""  # noqa: S608  (the names of columns)
_MEASUREMENTS = f"COPY measurements (tenant, sensor, {', '.join(PLACED)}) FROM STDIN"
_NOTICE = "INSERT INTO notices VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_NEWEST = """
    UPDATE tenants SET newest = reached.newest
    FROM unnest(%s::int[], %s::bigint[]) AS reached (number, newest)
    WHERE tenants.number = reached.number
"""


@dataclass(slots=True)
class _Order:
    """A tenant's, as far as the open transaction has brought it."""

    tenant: int
    newest: Position
    pruned_ms: int

    def next(self) -> Position:
        self.newest = Position(self.newest.epoch, self.newest.sequence + 1)
        return self.newest


@dataclass(frozen=True, slots=True)
class _First:
    """The measurement of a sensor and time that is kept."""

    series: int
    values: Mapping[str, int | float]
    publication: Publication

    def again(self, series: int, values: Mapping[str, int | float]) -> Outcome:
        if (series, values) != (self.series, self.values):
            return Taken()
        return Kept(self.publication, duplicate=True)


@dataclass(slots=True)
class _Rows:
    measurements: list[tuple[object, ...]] = field(default_factory=list)
    notices: list[tuple[object, ...]] = field(default_factory=list)


class Ledger:
    """What the open transaction adds to the tenants' orders."""

    def __init__(self) -> None:
        self._numbers = Numbers()
        self._added: list[Publication] = []
        self._doubtful: dict[str, int] = {}
        """Tenants of transactions whose end nobody told, with the last sequence known before."""

    def append(self, db: Db, drafts: Sequence[Draft]) -> list[Outcome]:
        if not drafts:
            return []
        orders = _lock(db, {draft.tenant for draft in drafts})
        numbers = [self._numbers.of(db, orders[d.tenant].tenant, d.key) for d in drafts]
        firsts = _firsts(db, drafts, numbers, orders)
        rows = _Rows()
        outcomes = [
            self._keep(draft, orders[draft.tenant], number, firsts, rows)
            for draft, number in zip(drafts, numbers, strict=True)
        ]
        _write(db, rows, orders.values())
        return outcomes

    def newest(self, db: Db, tenant: str) -> Position:
        """The tenant's newest position; a tenant never seen gets its epoch here.

        Nothing is locked: drafts of others may be kept before this, in the same transaction, and
        who locks a tenant out of turn may wait in a circle.
        """
        ((_, _, epoch, newest, _),) = _rows_of(db, [tenant], _SEEN)
        return Position(epoch, newest)

    def settle(self, db: Db) -> None:
        """Take in what transactions of unknown end have kept after all; it was told to nobody.

        A commit whose answer is lost may have been done, or be under way still: then it holds its
        tenants' rows, and this waits for it.
        """
        if not self._doubtful:
            return
        _lock(db, self._doubtful)
        session = Session(db)
        for tenant, known in sorted(self._doubtful.items()):
            owner = session.owner(tenant)
            if owner is not None and owner.newest > known:
                missing = owner.newest - known
                self._added += order.following(session, owner, known, EVERYTHING, missing)

    def committed(self) -> None:
        self._doubtful.clear()

    def take_added(self) -> list[Publication]:
        added, self._added = self._added, []
        return added

    def forget(self) -> None:
        """After a transaction that failed: what was thought to be kept is in doubt."""
        for each in self._added:
            self._doubtful.setdefault(each.tenant, each.position.sequence - 1)
        self._numbers.forget()
        self._added.clear()

    def _keep(
        self,
        draft: Draft,
        order_: _Order,
        numbers: tuple[int, int],
        firsts: dict[tuple[int, int], _First],
        rows: _Rows,
    ) -> Outcome:
        if draft.key.topic is not Topic.MEASUREMENTS:
            publication = self._add(draft, order_)
            rows.notices.append(_notice(draft, order_))
            return Kept(publication)
        if draft.time_ms < order_.pruned_ms:
            return Past()
        (sensor, series), reading = numbers, reading_of(draft)
        first = firsts.get((sensor, draft.time_ms))
        if first is not None:
            return first.again(series, reading.values)
        publication = self._add(draft, order_)
        firsts[sensor, draft.time_ms] = _First(series, reading.values, publication)
        place = (order_.tenant, sensor, publication.position.sequence, series)
        times_ms = (draft.time_ms, draft.received_ms - draft.time_ms)
        rows.measurements.append((*place, *times_ms, *to_row(reading)))
        return Kept(publication)

    def _add(self, draft: Draft, order_: _Order) -> Publication:
        position, backlog = order_.next(), draft.backlog
        publication = published(
            draft.tenant, position, draft.key, draft.head, backlog=backlog, trace=draft.trace
        )
        self._added.append(publication)
        return publication


def _lock(db: Db, tenants: Iterable[str]) -> dict[str, _Order]:
    """The tenants' orders, which nobody else adds to until the end; new ones are made."""
    return {
        name: _Order(number, Position(epoch, newest), pruned_ms)
        for name, number, epoch, newest, pruned_ms in _rows_of(db, sorted(tenants), _ORDERS)
    }


def _rows_of(db: Db, names: list[str], statement: str) -> list[tuple[Any, ...]]:
    """One for each; tenants never seen are made."""
    rows = ask(db, statement, (names,)).fetchall()
    missing = set(names) - {row[0] for row in rows}
    if missing:
        for name in sorted(missing):
            db.execute(
                "INSERT INTO tenants (name, epoch, created_ms) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (name, secrets.token_hex(6), time.time_ns() // 1_000_000),
            )
        rows = ask(db, statement, (names,)).fetchall()
    return rows


def _firsts(
    db: Db,
    drafts: Sequence[Draft],
    numbers: Sequence[tuple[int, int]],
    orders: Mapping[str, _Order],
) -> dict[tuple[int, int], _First]:
    """Those of the drafts' sensors and times that are kept already."""
    asked = [
        (number[0], draft.time_ms, draft)
        for number, draft in zip(numbers, drafts, strict=True)
        if draft.key.topic is Topic.MEASUREMENTS
    ]
    if not asked:
        return {}
    sensors, times_ms, _ = zip(*asked, strict=True)
    found = ask(db, _FIRST, (list(sensors), list(times_ms))).fetchall()
    if not found:
        return {}
    owners = {sensor: draft.tenant for sensor, _, draft in asked}
    keys = keys_of(db, {row[2] for row in found})
    return {
        (row[0], row[3]): _first(row[1:], owners[row[0]], orders[owners[row[0]]], keys)
        for row in found
    }


def _first(
    row: Sequence[Any], tenant: str, order_: _Order, keys: Mapping[int, RoutingKey]
) -> _First:
    (publication,) = measurements(tenant, order_.newest.epoch, keys, [row])
    return _First(row[1], from_row(row[-len(READING) :]).values, publication)


def _notice(draft: Draft, order_: _Order) -> tuple[object, ...]:
    key = draft.key
    place = (key.topic, key.enseigne, key.salle, key.sensor_id)
    times_ms = (draft.time_ms, draft.received_ms)
    return (order_.tenant, order_.newest.sequence, *place, *times_ms, draft.head)


def _write(db: Db, rows: _Rows, orders: Iterable[_Order]) -> None:
    with db.cursor() as cursor:
        if rows.measurements:
            with cursor.copy(_MEASUREMENTS) as copy:
                for row in rows.measurements:
                    copy.write_row(row)
        if rows.notices:
            cursor.executemany(_NOTICE, rows.notices)
    reached = [(each.tenant, each.newest.sequence) for each in orders]
    if rows.measurements or rows.notices:
        db.execute(_NEWEST, tuple(map(list, zip(*reached, strict=True))))
