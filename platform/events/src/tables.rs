//! The tables of outbox and inbox, and the advisory locks that keep replicas in order.

use cloudphone_database::{AsyncPgConnection, DatabaseError};
use diesel_async::RunQueryDsl;
use sha2::{Digest, Sha256};

diesel::table! {
    outbox (id) {
        id -> Uuid,
        position -> BigInt,
        tenant_id -> Uuid,
        event_type -> Text,
        aggregate_id -> Uuid,
        sequence -> BigInt,
        envelope -> Jsonb,
        created_at -> Timestamptz,
        published_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    outbox_sequences (aggregate_id) {
        aggregate_id -> Uuid,
        sequence -> BigInt,
    }
}

diesel::table! {
    outbox_receipts (bus) {
        bus -> Text,
        receipt -> Text,
    }
}

diesel::table! {
    inbox (consumer_group, event_id) {
        consumer_group -> Text,
        event_id -> Uuid,
        position -> BigInt,
        tenant_id -> Uuid,
        event_type -> Text,
        aggregate_id -> Uuid,
        envelope -> Jsonb,
        status -> Text,
        attempts -> Integer,
        next_attempt_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        received_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    inbox_cursors (consumer_group, stream) {
        consumer_group -> Text,
        stream -> Text,
        position -> Text,
    }
}

diesel::define_sql_function! {
    /// Takes a lock that ends with the transaction, unless another transaction holds it.
    fn pg_try_advisory_xact_lock(key: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

/// Takes the lock of this name until the transaction ends; answers whether nobody else holds it.
pub(crate) async fn try_lock(conn: &mut AsyncPgConnection, name: &str) -> Result<bool, DatabaseError> {
    Ok(diesel::select(pg_try_advisory_xact_lock(lock_key(name))).get_result(conn).await?)
}

/// Must be the same in every build, since replicas of two versions run side by side during a roll-out.
fn lock_key(name: &str) -> i64 {
    let digest = Sha256::digest(name);
    i64::from_be_bytes(digest[..8].try_into().expect("a SHA-256 digest has 32 bytes"))
}
