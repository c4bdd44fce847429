//! The tables of this domain as diesel sees them.

diesel::table! {
    device_templates (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Text,
        description -> Text,
        category -> Text,
        specification -> Jsonb,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    devices (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        name -> Text,
        state -> Text,
        state_reason -> Nullable<Text>,
        online -> Bool,
        provider -> Text,
        specification -> Jsonb,
        tags -> Array<Text>,
        group_name -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        template_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        provisioned_at -> Nullable<Timestamptz>,
        start_when_provisioned -> Bool,
        pending_command_id -> Nullable<Uuid>,
        pending_action -> Nullable<Text>,
        deadline_at -> Nullable<Timestamptz>,
        work_attempts -> Int4,
        work_due_at -> Nullable<Timestamptz>,
        reported -> Nullable<Jsonb>,
        reported_at -> Nullable<Timestamptz>,
        status_at -> Nullable<Timestamptz>,
        version -> Int8,
    }
}

diesel::table! {
    device_transitions (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        device_id -> Uuid,
        from_state -> Nullable<Text>,
        to_state -> Text,
        cause -> Text,
        actor_id -> Nullable<Uuid>,
        at -> Timestamptz,
    }
}

diesel::table! {
    device_commands (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        device_id -> Uuid,
        kind -> Text,
        arguments -> Jsonb,
        status -> Text,
        progress -> Int4,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        result -> Nullable<Jsonb>,
        idempotency_key -> Nullable<Text>,
        issued_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        next_send_at -> Nullable<Timestamptz>,
        timeout_seconds -> Int4,
        expires_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    device_credentials (device_id) {
        device_id -> Uuid,
        tenant_id -> Uuid,
        version -> Int4,
        secret_hash -> Bytea,
        created_at -> Timestamptz,
        rotated_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    simulated_phones (device_id) {
        device_id -> Uuid,
        tenant_id -> Uuid,
        state -> Jsonb,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    telemetry_quarantine (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        device_id -> Nullable<Uuid>,
        topic -> Text,
        reason -> Text,
        detail -> Text,
        payload -> Text,
        payload_bytes -> Int4,
        at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(devices, device_commands);
diesel::allow_tables_to_appear_in_same_query!(devices, device_credentials);
diesel::allow_tables_to_appear_in_same_query!(devices, device_templates);
