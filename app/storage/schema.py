"""The SQLite schema as numbered steps; `PRAGMA user_version` says how many a file has taken."""

import sqlite3

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
)
"""Statements of a step end in `;`, which stands nowhere else."""


class NewerSchemaError(Exception):
    """The file was written by a newer gateway; an older one would lose what it does not know."""


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, each whole or not at all, whoever else is at it too.

    Raise `NewerSchemaError` for a file of a newer gateway.
    """
    taken = _taken(connection)
    if taken > len(MIGRATIONS):
        raise NewerSchemaError(f"schema {taken} is newer than this gateway's {len(MIGRATIONS)}")
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
