"""Reading the SQLite store: plain functions over a connection, grants pushed down into the SQL."""

import json
import sqlite3
import time
from collections.abc import Iterable

from app.model import Position, Publication, RoutingKey, Topic
from app.protocol.topics import ALL, Grant, Selection, TopicFilter
from app.storage.base import Bucket, Denied, Period

_EPOCH = "(SELECT epoch FROM tenants WHERE name = tenant)"
_COLUMNS = f"{_EPOCH}, sequence, topic, enseigne, salle, sensor_id, text"
Parameters = list[object]


def after(
    db: sqlite3.Connection, tenant: str, sequence: int, selection: Selection, limit: int
) -> list[Publication]:
    condition, parameters = _selected(selection)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM publications WHERE tenant = ? AND sequence > ? AND {condition}"  # noqa: S608  (the condition is built of placeholders)
        " ORDER BY sequence LIMIT ?",
        [tenant, sequence, *parameters, limit],
    )
    return [_publication(tenant, row) for row in rows]


def newest(
    db: sqlite3.Connection, tenant: str, selection: Selection, limit: int
) -> list[Publication]:
    condition, parameters = _selected(selection)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM publications WHERE tenant = ? AND {condition}"  # noqa: S608  (the condition is built of placeholders)
        " ORDER BY sequence DESC LIMIT ?",
        [tenant, *parameters, limit],
    ).fetchall()
    return [_publication(tenant, row) for row in reversed(rows)]


def measurements(
    db: sqlite3.Connection, tenant: str, period: Period, selection: Selection
) -> list[Publication]:
    condition, parameters = _within(tenant, period, selection)
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM publications WHERE {condition}"  # noqa: S608  (the condition is built of placeholders)
        " ORDER BY time_ms DESC, sequence DESC LIMIT ?",
        [*parameters, period.limit],
    ).fetchall()
    return [_publication(tenant, row) for row in reversed(rows)]


def buckets(
    db: sqlite3.Connection, tenant: str, period: Period, selection: Selection
) -> list[Bucket]:
    """Means per sensor, place and step; a step without a measurement has no bucket."""
    condition, parameters = _within(tenant, period, selection)
    rows = db.execute(
        f"""
        SELECT time_ms / ? * ? AS start, enseigne, salle, sensor_id, json_group_object(name, mean)
        FROM (
            SELECT time_ms / ? * ? AS time_ms, enseigne, salle, sensor_id,
                   json_each.key AS name, avg(json_each.value) AS mean
            FROM publications, json_each(CAST(text AS TEXT), '$.values')
            WHERE {condition}
            GROUP BY 1, 2, 3, 4, 5
        )
        GROUP BY 1, 2, 3, 4 ORDER BY start DESC, sensor_id DESC LIMIT ?
        """,  # noqa: S608  (the condition is built of placeholders)
        [*[period.step_ms] * 4, *parameters, period.limit],
    ).fetchall()
    return [
        Bucket(
            start,
            RoutingKey(Topic.MEASUREMENTS, enseigne, salle, sensor_id),
            json.loads(means),
        )
        for start, enseigne, salle, sensor_id, means in reversed(rows)
    ]


def denied(db: sqlite3.Connection) -> Denied:
    tenants = db.execute("SELECT name FROM tenants WHERE disabled")
    tokens = db.execute(
        "SELECT token_id, expires_at FROM devices WHERE revoked AND expires_at > ?",
        [int(time.time())],
    )
    return Denied(frozenset(name for (name,) in tenants), dict(tokens.fetchall()))


def _publication(tenant: str, row: tuple[str, int, str, str, str, str, bytes]) -> Publication:
    epoch, sequence, topic, enseigne, salle, sensor_id, text = row
    key = RoutingKey(Topic(topic), enseigne, salle, sensor_id)
    return Publication(tenant, Position(epoch, sequence), key, text)


def _within(tenant: str, period: Period, selection: Selection) -> tuple[str, Parameters]:
    condition, selected = _selected(selection)
    wanted = {
        "enseigne": period.enseigne,
        "salle": period.salle,
        "sensor_id": period.sensor_id,
    }
    named = {column: value for column, value in wanted.items() if value is not None}
    equal = "".join(f" AND {column} = ?" for column in named)
    between = "tenant = ? AND topic = 'measurements' AND time_ms >= ? AND time_ms < ?"
    return (
        f"{between}{equal} AND {condition}",
        [tenant, period.start_ms, period.end_ms, *named.values(), *selected],
    )


def _selected(selection: Selection) -> tuple[str, Parameters]:
    """`Selection.matches` as SQL; a test holds the two against each other."""
    chosen, parameters = _any_of(selection.chosen)
    granted, more = _granted(selection.grant)
    return f"({chosen}) AND ({granted})", [*parameters, *more]


def _granted(grant: Grant) -> tuple[str, Parameters]:
    condition, parameters = ("1", []) if grant.topics is None else _any_of(grant.topics)
    if grant.sensors is None:
        return condition, parameters
    listed = "sensor_id IN (SELECT value FROM json_each(?))"
    return f"({condition}) AND {listed}", [*parameters, json.dumps(sorted(grant.sensors))]


def _any_of(filters: Iterable[TopicFilter]) -> tuple[str, Parameters]:
    conditions: list[str] = []
    parameters: Parameters = []
    for chosen in filters:
        topic = None if chosen.name == ALL else chosen.name
        columns = {"topic": topic, "enseigne": chosen.enseigne, "salle": chosen.salle}
        named = {column: value for column, value in columns.items() if value is not None}
        conditions.append(" AND ".join(f"{column} = ?" for column in named) or "1")
        parameters.extend(named.values())
    return " OR ".join(conditions) or "0", parameters
