-- Events that this database's domain published, in the transaction that caused them.
CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    position bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    event_type text NOT NULL,
    aggregate_id uuid NOT NULL,
    sequence bigint NOT NULL,
    envelope jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    UNIQUE (aggregate_id, sequence)
);
CREATE INDEX outbox_unpublished ON outbox (position) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
SELECT app_protect('outbox');

-- The last sequence number of each aggregate. Its row lock makes the events of one aggregate commit in order. Two tenants
-- may write events about one aggregate (an operator suspends an organisation), so it belongs to none.
CREATE TABLE outbox_sequences (
    aggregate_id uuid PRIMARY KEY,
    sequence bigint NOT NULL
);

-- The newest event that each bus confirmed, to notice when a bus lost its memory.
CREATE TABLE outbox_receipts (
    bus text PRIMARY KEY,
    receipt text NOT NULL
);

-- Events that arrived for this database's consumers: a queue, the memory against duplicates, and the dead letters. Only
-- the platform reads it, across tenants.
CREATE TABLE inbox (
    consumer_group text NOT NULL,
    event_id uuid NOT NULL,
    position bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    event_type text NOT NULL,
    aggregate_id uuid NOT NULL,
    envelope jsonb NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'done', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_error text,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    PRIMARY KEY (consumer_group, event_id)
);
CREATE INDEX inbox_pending ON inbox (consumer_group, position) WHERE status = 'pending';
CREATE INDEX inbox_pending_of_aggregate ON inbox (consumer_group, aggregate_id, position) WHERE status = 'pending';
CREATE INDEX inbox_waiting ON inbox (consumer_group, aggregate_id)
    WHERE status = 'pending' AND next_attempt_at IS NOT NULL;
CREATE INDEX inbox_dead ON inbox (consumer_group, position) WHERE status = 'dead';
CREATE INDEX inbox_done ON inbox (consumer_group, settled_at) WHERE status = 'done';

-- How far each consumer group has read each stream of an external bus; moves together with the inbox.
CREATE TABLE inbox_cursors (
    consumer_group text NOT NULL,
    stream text NOT NULL,
    position text NOT NULL,
    PRIMARY KEY (consumer_group, stream)
);
