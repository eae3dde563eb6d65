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
)


class NewerSchemaError(Exception):
    """The file was written by a newer gateway; an older one would lose what it does not know."""


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, each whole or not at all."""
    (taken,) = connection.execute("PRAGMA user_version").fetchone()
    if taken > len(MIGRATIONS):
        raise NewerSchemaError(f"schema {taken} is newer than this gateway's {len(MIGRATIONS)}")
    for number, script in enumerate(MIGRATIONS[taken:], start=taken + 1):
        connection.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version = {number};COMMIT;")
