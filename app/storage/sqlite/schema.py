"""The SQLite schema as numbered steps; `PRAGMA user_version` says how many a file has taken."""

import sqlite3

from app.storage.base import NewerSchemaError
from app.storage.records.alerts import ALERTS, UNTOLD
from app.storage.records.audit import AUDIT, BY_ACT
from app.storage.records.claim_codes import CLAIM_CODES
from app.storage.records.deliveries import DELIVERIES
from app.storage.records.devices_schema import DEVICES
from app.storage.records.documents import DOCUMENTS
from app.storage.records.people_schema import PEOPLE
from app.storage.records.revocations import REVOCATIONS
from app.storage.records.sensors import SENSORS

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE tenants (
        name TEXT PRIMARY KEY,
        epoch TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;

    CREATE TABLE publications (
        tenant TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        topic TEXT NOT NULL,
        enseigne TEXT,
        salle TEXT,
        sensor_id TEXT,
        time_ms INTEGER NOT NULL,
        received_ms INTEGER NOT NULL,
        identity BLOB NOT NULL,
        text BLOB NOT NULL,
        PRIMARY KEY (tenant, sequence)
    ) WITHOUT ROWID;

    CREATE UNIQUE INDEX measurement ON publications (tenant, sensor_id, time_ms)
        WHERE topic = 'measurements';
    CREATE INDEX measurement_time ON publications (tenant, time_ms)
        WHERE topic = 'measurements';

    CREATE TABLE devices (
        tenant TEXT NOT NULL,
        name TEXT NOT NULL,
        sensors TEXT NOT NULL,
        token_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        revoked INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant, name)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE device_tokens (
        token_id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        name TEXT NOT NULL,
        sensors TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        revoked INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;

    INSERT INTO device_tokens
        SELECT token_id, tenant, name, sensors, expires_at, created_ms, revoked FROM devices;

    DROP TABLE devices;

    ALTER TABLE device_tokens RENAME TO devices;

    CREATE UNIQUE INDEX device ON devices (tenant, name) WHERE NOT revoked;
    """,
    """
    CREATE TABLE numbered_tenants (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        epoch TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0,
        rolled INTEGER NOT NULL DEFAULT 0,
        pruned INTEGER NOT NULL DEFAULT 0,
        pruned_ms INTEGER NOT NULL DEFAULT 0,
        raw_days INTEGER,
        hourly_days INTEGER,
        daily_days INTEGER
    );

    INSERT INTO numbered_tenants (name, epoch, created_ms, disabled)
        SELECT name, epoch, created_ms, disabled FROM tenants ORDER BY created_ms, name;

    DROP TABLE tenants;

    ALTER TABLE numbered_tenants RENAME TO tenants;

    CREATE TABLE series (
        number INTEGER PRIMARY KEY,
        tenant INTEGER NOT NULL,
        sensor INTEGER NOT NULL,
        sensor_id TEXT NOT NULL,
        enseigne TEXT NOT NULL,
        salle TEXT NOT NULL,
        UNIQUE (tenant, sensor_id, enseigne, salle)
    );

    CREATE TABLE measurements (
        sensor INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        tenant INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        series INTEGER NOT NULL,
        lag_ms INTEGER NOT NULL,
        score INTEGER,
        co2 REAL,
        pm25 REAL,
        tvoc REAL,
        temperature REAL,
        humidity REAL,
        more TEXT,
        PRIMARY KEY (sensor, time_ms)
    ) WITHOUT ROWID;

    CREATE UNIQUE INDEX measurement_sequence ON measurements (tenant, sequence);

    CREATE TABLE notices (
        tenant INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        topic TEXT NOT NULL,
        enseigne TEXT,
        salle TEXT,
        sensor_id TEXT,
        time_ms INTEGER NOT NULL,
        received_ms INTEGER NOT NULL,
        head BLOB NOT NULL,
        PRIMARY KEY (tenant, sequence)
    ) WITHOUT ROWID;

    CREATE TABLE means (
        step_ms INTEGER NOT NULL,
        series INTEGER NOT NULL,
        start_ms INTEGER NOT NULL,
        co2_count INTEGER NOT NULL,
        pm25_count INTEGER NOT NULL,
        tvoc_count INTEGER NOT NULL,
        temperature_count INTEGER NOT NULL,
        humidity_count INTEGER NOT NULL,
        co2 REAL NOT NULL,
        pm25 REAL NOT NULL,
        tvoc REAL NOT NULL,
        temperature REAL NOT NULL,
        humidity REAL NOT NULL,
        PRIMARY KEY (step_ms, series, start_ms)
    ) WITHOUT ROWID;

    CREATE TABLE more_means (
        step_ms INTEGER NOT NULL,
        series INTEGER NOT NULL,
        start_ms INTEGER NOT NULL,
        quantity TEXT NOT NULL,
        count INTEGER NOT NULL,
        total REAL NOT NULL,
        PRIMARY KEY (step_ms, series, start_ms, quantity)
    ) WITHOUT ROWID;

    INSERT INTO series (tenant, sensor, sensor_id, enseigne, salle)
        SELECT DISTINCT tenants.number, 0, sensor_id, ifnull(enseigne, ''), ifnull(salle, '')
        FROM publications JOIN tenants ON tenants.name = publications.tenant
        WHERE topic = 'measurements' ORDER BY 1, 3, 4, 5;

    UPDATE series SET sensor = (
        SELECT min(other.number) FROM series AS other
        WHERE other.tenant = series.tenant AND other.sensor_id = series.sensor_id
    );

    INSERT INTO measurements
        SELECT series.sensor, time_ms, tenants.number, sequence, series.number,
               received_ms - time_ms,
               json_extract(CAST(text AS TEXT), '$.global_score'),
               json_extract(CAST(text AS TEXT), '$.values.CO2'),
               json_extract(CAST(text AS TEXT), '$.values.PM25'),
               json_extract(CAST(text AS TEXT), '$.values.TVOC'),
               json_extract(CAST(text AS TEXT), '$.values.Temperature'),
               json_extract(CAST(text AS TEXT), '$.values.Humidity'),
               nullif(json_remove(json_extract(CAST(text AS TEXT), '$.values'), '$.CO2', '$.PM25',
                                  '$.TVOC', '$.Temperature', '$.Humidity'), '{}')
        FROM publications
        JOIN tenants ON tenants.name = publications.tenant
        JOIN series ON series.tenant = tenants.number AND series.sensor_id = publications.sensor_id
            AND series.enseigne = ifnull(publications.enseigne, '')
            AND series.salle = ifnull(publications.salle, '')
        WHERE topic = 'measurements' ORDER BY 1, 2;

    INSERT INTO notices
        SELECT tenants.number, sequence, topic, enseigne, salle, sensor_id, time_ms, received_ms,
               substr(text, 1, length(text)
                      - length(printf(',"position":"%s-%x"}', epoch, sequence)))
        FROM publications JOIN tenants ON tenants.name = publications.tenant
        WHERE topic != 'measurements' ORDER BY 1, 2;

    DROP TABLE publications;
    """,
    """
    CREATE TABLE probe (id INTEGER PRIMARY KEY, padding BLOB NOT NULL);
    """,
    PEOPLE,
    AUDIT,
    SENSORS,
    DEVICES,
    REVOCATIONS,
    CLAIM_CODES,
    DOCUMENTS,
    ALERTS,
    BY_ACT,
    DELIVERIES,
    UNTOLD,
)
"""Statements of a step end in `;`, which stands nowhere else."""


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, each whole or not at all, whoever else is at it too.

    Raise `NewerSchemaError` for a file of a newer gateway.
    """
    taken = _taken(connection)
    if taken > len(MIGRATIONS):
        raise NewerSchemaError(taken, len(MIGRATIONS))
    for number in range(taken + 1, len(MIGRATIONS) + 1):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if _taken(connection) < number:  # else another process was quicker
                for statement in MIGRATIONS[number - 1].split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number}")


def _taken(connection: sqlite3.Connection) -> int:
    (taken,) = connection.execute("PRAGMA user_version").fetchone()
    return int(taken)
