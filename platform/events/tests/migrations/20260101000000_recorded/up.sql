CREATE TABLE recorded (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    aggregate_id uuid NOT NULL,
    number bigint NOT NULL
);
SELECT app_protect('recorded');
