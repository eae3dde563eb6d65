"""The PostgreSQL schema as numbered steps; the table `schema_version` says how many were taken."""

from typing import LiteralString

import psycopg

from app.storage.base import NewerSchemaError
from app.storage.postgres.connection import Db, connect, unavailable
from app.storage.records.alerts import ALERTS, UNTOLD
from app.storage.records.audit import AUDIT, BY_ACT
from app.storage.records.claim_codes import CLAIM_CODES
from app.storage.records.deliveries import DELIVERIES
from app.storage.records.devices_schema import DEVICES
from app.storage.records.documents import DOCUMENTS
from app.storage.records.people_schema import PEOPLE
from app.storage.records.revocations import REVOCATIONS
from app.storage.records.sensors import SENSORS

MIGRATING = 0x1A90001
"""The advisory lock under which one process at a time migrates."""

MIGRATIONS: tuple[LiteralString, ...] = (
    """
    CREATE TABLE tenants (
        number INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name TEXT COLLATE "C" NOT NULL UNIQUE,
        epoch TEXT NOT NULL,
        created_ms BIGINT NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0,
        newest BIGINT NOT NULL DEFAULT 0,
        rolled BIGINT NOT NULL DEFAULT 0,
        pruned BIGINT NOT NULL DEFAULT 0,
        pruned_ms BIGINT NOT NULL DEFAULT 0,
        raw_days INTEGER,
        hourly_days INTEGER,
        daily_days INTEGER
    ) WITH (fillfactor = 50);

    CREATE TABLE devices (
        token_id TEXT COLLATE "C" PRIMARY KEY,
        tenant TEXT COLLATE "C" NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        sensors TEXT NOT NULL,
        expires_at BIGINT NOT NULL,
        created_ms BIGINT NOT NULL,
        revoked INTEGER NOT NULL DEFAULT 0
    );

    CREATE UNIQUE INDEX device ON devices (tenant, name) WHERE revoked = 0;

    CREATE TABLE series (
        number INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tenant INTEGER NOT NULL,
        sensor INTEGER NOT NULL,
        sensor_id TEXT COLLATE "C" NOT NULL,
        enseigne TEXT COLLATE "C" NOT NULL,
        salle TEXT COLLATE "C" NOT NULL,
        UNIQUE (tenant, sensor_id, enseigne, salle)
    );

    CREATE TABLE measurements (
        time_ms BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        lag_ms BIGINT NOT NULL,
        co2 DOUBLE PRECISION,
        pm25 DOUBLE PRECISION,
        tvoc DOUBLE PRECISION,
        temperature DOUBLE PRECISION,
        humidity DOUBLE PRECISION,
        tenant INTEGER NOT NULL,
        sensor INTEGER NOT NULL,
        series INTEGER NOT NULL,
        score SMALLINT,
        more TEXT,
        PRIMARY KEY (sensor, time_ms)
    );

    CREATE UNIQUE INDEX measurement_sequence ON measurements (tenant, sequence);
    CREATE INDEX measurement_of_sensor ON measurements (sensor, sequence);

    CREATE TABLE notices (
        tenant INTEGER NOT NULL,
        sequence BIGINT NOT NULL,
        topic TEXT COLLATE "C" NOT NULL,
        enseigne TEXT COLLATE "C",
        salle TEXT COLLATE "C",
        sensor_id TEXT COLLATE "C",
        time_ms BIGINT NOT NULL,
        received_ms BIGINT NOT NULL,
        head BYTEA NOT NULL,
        PRIMARY KEY (tenant, sequence)
    );

    CREATE TABLE means (
        start_ms BIGINT NOT NULL,
        step_ms INTEGER NOT NULL,
        series INTEGER NOT NULL,
        co2_count INTEGER NOT NULL,
        pm25_count INTEGER NOT NULL,
        tvoc_count INTEGER NOT NULL,
        temperature_count INTEGER NOT NULL,
        humidity_count INTEGER NOT NULL,
        co2 DOUBLE PRECISION NOT NULL,
        pm25 DOUBLE PRECISION NOT NULL,
        tvoc DOUBLE PRECISION NOT NULL,
        temperature DOUBLE PRECISION NOT NULL,
        humidity DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (step_ms, series, start_ms)
    );

    CREATE TABLE more_means (
        start_ms BIGINT NOT NULL,
        step_ms INTEGER NOT NULL,
        series INTEGER NOT NULL,
        quantity TEXT COLLATE "C" NOT NULL,
        count INTEGER NOT NULL,
        total DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (step_ms, series, start_ms, quantity)
    );

    CREATE TABLE probe (id INTEGER PRIMARY KEY, asked BIGINT NOT NULL);

    INSERT INTO probe VALUES (1, 0);
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


Identity = tuple[int, int | None]


def identity(db: Db) -> Identity:
    """Of the server's data and of the tables in it, which a backup that is put back makes anew.

    A standby that takes over has the same.
    """
    ((server, table),) = db.execute(
        "SELECT system_identifier, to_regclass('tenants')::oid::bigint FROM pg_control_system()"
    ).fetchall()
    return server, table


def prepare(url: str) -> Identity:
    """Make or migrate the tables, one process after the other.

    Raise `NewerSchemaError`, or `UnavailableError` with what the server says.
    """
    try:
        with connect(url) as db:
            migrate(db)
            return identity(db)
    except psycopg.Error as error:
        raise unavailable(error) from error


def migrate(db: Db) -> None:
    """Take the steps that are missing, all of them or none, whoever else is at it too."""
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATING,))
        db.execute("CREATE TABLE IF NOT EXISTS schema_version (taken INTEGER NOT NULL)")
        taken = _taken(db)
        if taken > len(MIGRATIONS):
            raise NewerSchemaError(taken, len(MIGRATIONS))
        for statements in MIGRATIONS[taken:]:
            db.execute(statements)
        db.execute("UPDATE schema_version SET taken = %s", (len(MIGRATIONS),))


def _taken(db: Db) -> int:
    row = db.execute("SELECT taken FROM schema_version").fetchone()
    if row is None:
        db.execute("INSERT INTO schema_version VALUES (0)")
        return 0
    return int(row[0])
