CREATE TABLE notes (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    body text NOT NULL CONSTRAINT notes_body_not_empty CHECK (body <> ''),
    revision integer NOT NULL DEFAULT 0,
    CONSTRAINT notes_body_unique UNIQUE (tenant_id, body)
);
SELECT app_protect('notes');
