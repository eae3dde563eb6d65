"""The tables of people's accounts and sign-ins, as both databases take them."""

PEOPLE = """
    CREATE TABLE users (
        tenant TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        topics TEXT,
        sensors TEXT,
        password TEXT NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0,
        valid_from BIGINT NOT NULL DEFAULT 0,
        created_ms BIGINT NOT NULL,
        PRIMARY KEY (tenant, name)
    );

    CREATE TABLE sessions (
        family TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        previous TEXT,
        rotated_at BIGINT NOT NULL,
        idle_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL
    );

    CREATE INDEX session_of_user ON sessions (tenant, name);

    CREATE TABLE user_addresses (
        tenant TEXT NOT NULL,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        seen_at BIGINT NOT NULL,
        PRIMARY KEY (tenant, name, address)
    );
"""
