"""The tables of devices and of registered tokens, as both databases take them."""

DEVICES = """
    ALTER TABLE devices RENAME TO former_devices;

    CREATE TABLE devices (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        sensors TEXT NOT NULL,
        enseigne TEXT,
        salle TEXT,
        expected_interval BIGINT,
        created_ms BIGINT NOT NULL,
        disabled INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (tenant, id)
    );

    CREATE INDEX device_disabled ON devices (tenant, id) WHERE disabled = 1;

    INSERT INTO devices (tenant, id, sensors, created_ms)
        SELECT tenant, name, sensors, created_ms FROM former_devices AS newest
        WHERE NOT EXISTS (
            SELECT 1 FROM former_devices AS other
            WHERE other.tenant = newest.tenant AND other.name = newest.name
                AND (other.created_ms, other.token_id) > (newest.created_ms, newest.token_id)
        );

    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL,
        role TEXT NOT NULL,
        subject TEXT NOT NULL,
        topics TEXT,
        sensors TEXT,
        issued_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL,
        used_at BIGINT,
        address TEXT,
        skew_ms BIGINT
    );

    INSERT INTO tokens (id, tenant, role, subject, sensors, issued_at, expires_at, ends_at)
        SELECT token_id, tenant, 'device', name, sensors, created_ms / 1000, expires_at,
               CASE revoked WHEN 1 THEN 0 ELSE expires_at END
        FROM former_devices;

    DROP TABLE former_devices;

    CREATE INDEX token_of_subject ON tokens (tenant, role, subject);
    CREATE INDEX token_by_issue ON tokens (tenant, issued_at, id);
    CREATE INDEX token_ended_early ON tokens (expires_at) WHERE ends_at < expires_at;
"""
