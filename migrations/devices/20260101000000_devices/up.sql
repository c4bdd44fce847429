-- Devices with their templates, history, commands and broker credentials.

CREATE TABLE device_templates (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    description text NOT NULL,
    category text NOT NULL,
    specification jsonb NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX device_templates_name ON device_templates (tenant_id, lower(name));
CREATE INDEX device_templates_order ON device_templates (tenant_id, name, id);
SELECT app_protect('device_templates');

CREATE TABLE devices (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    state_reason text,
    online boolean NOT NULL DEFAULT false,
    provider text NOT NULL,
    specification jsonb NOT NULL,
    tags text[] NOT NULL DEFAULT '{}',
    group_name text,
    owner_id uuid,
    template_id uuid REFERENCES device_templates (id) ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz,
    provisioned_at timestamptz,
    start_when_provisioned boolean NOT NULL DEFAULT false,
    pending_command_id uuid,
    pending_action text,
    deadline_at timestamptz,
    work_attempts integer NOT NULL DEFAULT 0,
    work_due_at timestamptz,
    reported jsonb,
    reported_at timestamptz,
    status_at timestamptz,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX devices_by_creation ON devices (tenant_id, created_at DESC, id DESC) WHERE state <> 'DELETED';
CREATE INDEX devices_by_name ON devices (tenant_id, name, id) WHERE state <> 'DELETED';
CREATE INDEX devices_by_state ON devices (tenant_id, state, id);
CREATE INDEX devices_by_tag ON devices USING gin (tags);
CREATE INDEX devices_by_template ON devices (template_id) WHERE template_id IS NOT NULL;
CREATE INDEX devices_with_work ON devices (work_due_at) WHERE state IN ('CREATING', 'PROVISIONING', 'DELETING');
CREATE INDEX devices_with_deadline ON devices (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX devices_to_expire ON devices (expires_at) WHERE expires_at IS NOT NULL;
SELECT app_protect('devices');

CREATE TABLE device_transitions (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    device_id uuid NOT NULL REFERENCES devices (id),
    from_state text,
    to_state text NOT NULL,
    cause text NOT NULL,
    actor_id uuid,
    at timestamptz NOT NULL
);
CREATE INDEX device_transitions_of_device ON device_transitions (device_id, at DESC, id DESC);
SELECT app_protect('device_transitions');

CREATE TABLE device_commands (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    device_id uuid NOT NULL REFERENCES devices (id),
    kind text NOT NULL,
    arguments jsonb NOT NULL,
    status text NOT NULL,
    progress integer NOT NULL,
    error_code text,
    error_message text,
    result jsonb,
    idempotency_key text,
    issued_by uuid,
    created_at timestamptz NOT NULL,
    next_send_at timestamptz,
    timeout_seconds integer NOT NULL,
    expires_at timestamptz NOT NULL,
    completed_at timestamptz
);
CREATE UNIQUE INDEX device_commands_once ON device_commands (device_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX device_commands_of_device ON device_commands (device_id, created_at DESC, id DESC);
CREATE INDEX device_commands_to_send ON device_commands (next_send_at) WHERE status IN ('QUEUED', 'SENT', 'ACCEPTED');
CREATE INDEX device_commands_to_expire ON device_commands (expires_at) WHERE status IN ('QUEUED', 'SENT', 'ACCEPTED');
SELECT app_protect('device_commands');

-- The secret itself is never stored: only its SHA-256, which suffices for 256 random bits.
CREATE TABLE device_credentials (
    device_id uuid PRIMARY KEY REFERENCES devices (id),
    tenant_id uuid NOT NULL,
    version integer NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    rotated_at timestamptz NOT NULL,
    revoked_at timestamptz
);
SELECT app_protect('device_credentials');

-- What simulated phones remember when their process ends.
CREATE TABLE simulated_phones (
    device_id uuid PRIMARY KEY REFERENCES devices (id),
    tenant_id uuid NOT NULL,
    state jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);
SELECT app_protect('simulated_phones');
