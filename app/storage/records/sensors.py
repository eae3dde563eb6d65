"""Whether each sensor speaks, as it was told last, and the pace that was learned of it."""

import json
from dataclasses import dataclass
from enum import StrEnum

from app.storage.sql import Sql

SENSORS = """
    CREATE TABLE sensors (
        tenant TEXT NOT NULL,
        sensor_id TEXT NOT NULL,
        enseigne TEXT NOT NULL,
        salle TEXT NOT NULL,
        state TEXT NOT NULL,
        interval_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, sensor_id)
    );
"""
"""The table as both databases take it."""


class State(StrEnum):
    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Sensor:
    tenant: str
    sensor_id: str
    enseigne: str
    salle: str
    state: State
    interval_ms: int
    """0: not learned yet."""


def note(sql: Sql, sensor: Sensor) -> bool:
    """Whether this changed a state that was known: of several gateways, one alone hears yes."""
    place = (sensor.enseigne, sensor.salle, sensor.state, sensor.interval_ms)
    changed = sql.change(
        """
        UPDATE sensors SET enseigne = ?, salle = ?, state = ?, interval_ms = ?
        WHERE tenant = ? AND sensor_id = ? AND state <> ?
        """,
        *place,
        sensor.tenant,
        sensor.sensor_id,
        sensor.state,
    )
    if changed:
        return True
    sql.change(
        """
        INSERT INTO sensors (enseigne, salle, state, interval_ms, tenant, sensor_id)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (tenant, sensor_id) DO UPDATE SET
            enseigne = excluded.enseigne, salle = excluded.salle, interval_ms = excluded.interval_ms
        """,
        *place,
        sensor.tenant,
        sensor.sensor_id,
    )
    return False


def speaking(sql: Sql, limit: int) -> list[Sensor]:
    """Those that are not offline."""
    rows = sql.rows(
        """
        SELECT tenant, sensor_id, enseigne, salle, state, interval_ms
        FROM sensors WHERE state <> ? ORDER BY tenant, sensor_id LIMIT ?
        """,
        State.OFFLINE,
        limit,
    )
    return [
        Sensor(tenant, sensor_id, enseigne, salle, State(state), interval_ms)
        for tenant, sensor_id, enseigne, salle, state, interval_ms in rows
    ]


def told(sql: Sql, limit: int) -> dict[tuple[str, str], int]:
    """In how many milliseconds devices are registered to send, by tenant and sensor."""
    rows = sql.rows(
        """
        SELECT tenant, sensors, expected_interval FROM devices
        WHERE expected_interval IS NOT NULL ORDER BY tenant, id LIMIT ?
        """,
        limit,
    )
    return {
        (tenant, sensor_id): 1_000 * interval
        for tenant, sensor_ids, interval in rows
        for sensor_id in json.loads(sensor_ids)
    }
