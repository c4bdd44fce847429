//! The SQL of signing keys.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::SigningKey;
use crate::schema::signing_keys;

/// All keys that verify at the moment, oldest first.
pub async fn find_living(connection: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<Vec<SigningKey>> {
    signing_keys::table
        .filter(signing_keys::expires_at.gt(now))
        .order(signing_keys::activates_at)
        .select(SigningKey::as_select())
        .load(connection)
        .await
}

/// Makes other processes wait until this transaction ends, so that only one of them adds the next key.
pub async fn take_turn(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE").execute(connection).await?;
    Ok(())
}

/// Adds a key.
pub async fn insert(connection: &mut AsyncPgConnection, key: &SigningKey) -> QueryResult<()> {
    diesel::insert_into(signing_keys::table).values(key).execute(connection).await?;
    Ok(())
}

/// Forgets keys that no longer verify.
pub async fn delete_expired(connection: &mut AsyncPgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(signing_keys::table.filter(signing_keys::expires_at.le(now))).execute(connection).await
}
