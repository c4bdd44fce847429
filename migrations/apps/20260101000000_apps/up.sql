-- Applications with the uploads they come from and the devices they are on.

-- A deleted application stays as a row, so that the history of its installations can name it.
CREATE TABLE applications (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    package_name text NOT NULL,
    label text NOT NULL,
    version_name text,
    version_code bigint NOT NULL,
    min_sdk integer NOT NULL,
    target_sdk integer NOT NULL,
    permissions text[] NOT NULL,
    features text[] NOT NULL,
    abis text[] NOT NULL,
    main_activity text,
    signature jsonb NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    object_key text NOT NULL,
    icon_key text,
    uploaded_by uuid,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX applications_content ON applications (tenant_id, sha256) WHERE deleted_at IS NULL;
CREATE INDEX applications_by_label ON applications (tenant_id, label, id) WHERE deleted_at IS NULL;
CREATE INDEX applications_by_creation ON applications (tenant_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX applications_by_package ON applications (tenant_id, package_name, version_code, id) WHERE deleted_at IS NULL;
SELECT app_protect('applications');

-- A row in VERIFYING or PARSING is a job as well: `locked_until` and `lease_id` tell who works on it, `due_at` when it is
-- tried again. `broken_attempts` counts attempts that ended without a word, such as with the process.
CREATE TABLE application_uploads (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    file_name text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    status text NOT NULL,
    progress integer NOT NULL,
    failure_code text,
    failure_message text,
    object_key text NOT NULL,
    multipart_id text,
    part_size_bytes bigint NOT NULL CHECK (part_size_bytes > 0),
    application_id uuid REFERENCES applications (id),
    created_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    due_at timestamptz,
    locked_until timestamptz,
    lease_id uuid,
    broken_attempts integer NOT NULL DEFAULT 0,
    postponements integer NOT NULL DEFAULT 0
);
CREATE INDEX application_uploads_by_creation ON application_uploads (tenant_id, created_at DESC, id DESC);
CREATE INDEX application_uploads_open ON application_uploads (updated_at) WHERE status = 'UPLOADING';
CREATE INDEX application_uploads_same ON application_uploads (tenant_id, sha256) WHERE status = 'UPLOADING';
CREATE INDEX application_uploads_to_read ON application_uploads (due_at) WHERE status IN ('VERIFYING', 'PARSING');
SELECT app_protect('application_uploads');

CREATE TABLE installations (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    application_id uuid NOT NULL REFERENCES applications (id),
    device_id uuid NOT NULL,
    package_name text NOT NULL,
    version_code bigint NOT NULL,
    status text NOT NULL,
    progress integer NOT NULL,
    failure_code text,
    failure_message text,
    attempts integer NOT NULL,
    requested_by uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deadline_at timestamptz,
    installed_at timestamptz
);
-- A device installs or removes a package once at a time, and has it once.
CREATE UNIQUE INDEX installations_in_motion ON installations (device_id, package_name)
    WHERE status IN ('PENDING', 'INSTALLING', 'UNINSTALLING');
CREATE UNIQUE INDEX installations_present ON installations (device_id, package_name) WHERE status = 'INSTALLED';
CREATE INDEX installations_of_device ON installations (device_id, created_at DESC, id DESC);
CREATE INDEX installations_of_application ON installations (application_id, created_at DESC, id DESC);
CREATE INDEX installations_by_creation ON installations (tenant_id, created_at DESC, id DESC);
CREATE INDEX installations_with_deadline ON installations (deadline_at) WHERE deadline_at IS NOT NULL;
SELECT app_protect('installations');

-- Which devices there are, from the events of the devices domain. Gone ones stay, since events may arrive late.
CREATE TABLE known_devices (
    device_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    deleted_at timestamptz
);
SELECT app_protect('known_devices');

-- Objects and multipart uploads that nothing refers to any more; written in the transaction that let go of them.
CREATE TABLE object_removals (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    object_key text NOT NULL,
    multipart_id text,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL
);
CREATE INDEX object_removals_due ON object_removals (due_at);
SELECT app_protect('object_removals');
