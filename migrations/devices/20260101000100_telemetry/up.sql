-- Telemetry: samples in partitions of a day, roll-ups of a minute and an hour, and the quarantine of bad messages.

CREATE TABLE telemetry_samples (
    device_id uuid NOT NULL,
    at timestamptz NOT NULL,
    sequence bigint NOT NULL,
    tenant_id uuid NOT NULL,
    cpu_percent real,
    memory_percent real,
    memory_used_mb real,
    storage_used_mb real,
    battery_percent real,
    battery_charging boolean,
    temperature_celsius real,
    network_rx_kbps real,
    network_tx_kbps real,
    frames_per_second real,
    foreground_app text,
    latitude double precision,
    longitude double precision,
    PRIMARY KEY (device_id, at, sequence)
) PARTITION BY RANGE (at);
-- Samples arrive nearly in order, so a small index finds a minute within a day.
CREATE INDEX telemetry_samples_at ON telemetry_samples USING brin (at) WITH (pages_per_range = 16);
SELECT app_protect('telemetry_samples');

-- Creates the partitions of the days from `first` to `last`; those that exist stay as they are.
CREATE FUNCTION telemetry_create_partitions(first date, last date) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    day date;
    partition text;
    created integer := 0;
BEGIN
    FOR day IN SELECT generate_series(first, last, interval '1 day')::date LOOP
        partition := 'telemetry_samples_' || to_char(day, 'YYYYMMDD');
        IF to_regclass(partition) IS NULL THEN
            -- Two processes may both find a partition missing; they take turns.
            PERFORM pg_advisory_xact_lock(hashtext('telemetry_create_partitions'));
            IF to_regclass(partition) IS NULL THEN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF telemetry_samples FOR VALUES FROM (%L) TO (%L)',
                    partition, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                PERFORM app_protect(partition::regclass);
                created := created + 1;
            END IF;
        END IF;
    END LOOP;
    RETURN created;
END
$$;

-- Drops the partitions of the days before `oldest`.
CREATE FUNCTION telemetry_drop_partitions(oldest date) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    partition text;
    dropped integer := 0;
BEGIN
    FOR partition IN
        SELECT child.relname
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = 'telemetry_samples'::regclass
          AND child.relname ~ '^telemetry_samples_[0-9]{8}$'
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < oldest
    LOOP
        EXECUTE format('DROP TABLE %I', partition);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

CREATE TABLE telemetry_minutes (
    device_id uuid NOT NULL,
    at timestamptz NOT NULL,
    tenant_id uuid NOT NULL,
    samples integer NOT NULL,
    cpu_percent real,
    memory_percent real,
    battery_percent real,
    temperature_celsius real,
    network_rx_kbps real,
    network_tx_kbps real,
    frames_per_second real,
    PRIMARY KEY (device_id, at)
);
CREATE INDEX telemetry_minutes_at ON telemetry_minutes USING brin (at);
SELECT app_protect('telemetry_minutes');

CREATE TABLE telemetry_hours (
    LIKE telemetry_minutes INCLUDING CONSTRAINTS,
    PRIMARY KEY (device_id, at)
);
CREATE INDEX telemetry_hours_at ON telemetry_hours USING brin (at);
SELECT app_protect('telemetry_hours');

-- Minutes whose roll-up no longer agrees with their samples; `marked_at` tells a newer mark from the one being worked off.
CREATE TABLE telemetry_stale_minutes (
    at timestamptz PRIMARY KEY,
    marked_at timestamptz NOT NULL
);

CREATE TABLE telemetry_quarantine (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    device_id uuid,
    topic text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    payload text NOT NULL,
    payload_bytes integer NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX telemetry_quarantine_order ON telemetry_quarantine (tenant_id, at DESC, id DESC);
SELECT app_protect('telemetry_quarantine');
