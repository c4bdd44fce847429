//! The tables of this domain as diesel sees them.

diesel::table! {
    applications (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        package_name -> Text,
        label -> Text,
        version_name -> Nullable<Text>,
        version_code -> Int8,
        min_sdk -> Int4,
        target_sdk -> Int4,
        permissions -> Array<Text>,
        features -> Array<Text>,
        abis -> Array<Text>,
        main_activity -> Nullable<Text>,
        signature -> Jsonb,
        size_bytes -> Int8,
        sha256 -> Text,
        object_key -> Text,
        icon_key -> Nullable<Text>,
        uploaded_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    application_uploads (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        file_name -> Text,
        size_bytes -> Int8,
        sha256 -> Text,
        status -> Text,
        progress -> Int4,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        object_key -> Text,
        multipart_id -> Nullable<Text>,
        part_size_bytes -> Int8,
        application_id -> Nullable<Uuid>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        locked_until -> Nullable<Timestamptz>,
        lease_id -> Nullable<Uuid>,
        broken_attempts -> Int4,
        postponements -> Int4,
    }
}

diesel::table! {
    installations (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        application_id -> Uuid,
        device_id -> Uuid,
        package_name -> Text,
        version_code -> Int8,
        status -> Text,
        progress -> Int4,
        failure_code -> Nullable<Text>,
        failure_message -> Nullable<Text>,
        attempts -> Int4,
        requested_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        deadline_at -> Nullable<Timestamptz>,
        installed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    known_devices (device_id) {
        device_id -> Uuid,
        tenant_id -> Uuid,
        deleted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    object_removals (id) {
        id -> Uuid,
        tenant_id -> Uuid,
        object_key -> Text,
        multipart_id -> Nullable<Text>,
        attempts -> Int4,
        due_at -> Timestamptz,
    }
}

diesel::joinable!(installations -> applications (application_id));
diesel::allow_tables_to_appear_in_same_query!(applications, installations);
