//! The SQL of API keys.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApiKeyId, Cursor, PageRequest, TenantId, UserId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::ApiKey;
use crate::error::IdentityError;
use crate::schema::{api_keys, tenants, users};
use crate::user::store::limit;

/// Adds a key.
pub async fn insert(connection: &mut AsyncPgConnection, key: &ApiKey) -> QueryResult<()> {
    diesel::insert_into(api_keys::table).values(key).execute(connection).await?;
    Ok(())
}

/// The key of a prefix, if its maker and their organisation are open.
pub async fn find_open(connection: &mut AsyncPgConnection, prefix: &str) -> QueryResult<Option<ApiKey>> {
    api_keys::table
        .inner_join(users::table.inner_join(tenants::table))
        .filter(api_keys::prefix.eq(prefix).and(users::deactivated_at.is_null()).and(users::deleted_at.is_null()))
        .filter(tenants::suspended_at.is_null())
        .select(ApiKey::as_select())
        .first(connection)
        .await
        .optional()
}

/// A key of a tenant, kept from changing until the transaction ends.
pub async fn lock(connection: &mut AsyncPgConnection, tenant: TenantId, id: ApiKeyId) -> QueryResult<Option<ApiKey>> {
    api_keys::table
        .filter(api_keys::tenant_id.eq(tenant).and(api_keys::id.eq(id)))
        .select(ApiKey::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()
}

/// Notes that a key was used.
pub async fn touch(connection: &mut AsyncPgConnection, id: ApiKeyId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(api_keys::table.find(id)).set(api_keys::last_used_at.eq(now)).execute(connection).await?;
    Ok(())
}

/// Ends a key.
pub async fn revoke(connection: &mut AsyncPgConnection, key: &ApiKey, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(api_keys::table.filter(api_keys::tenant_id.eq(key.tenant_id).and(api_keys::id.eq(key.id))))
        .set(api_keys::revoked_at.eq(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends all keys of a user and tells which.
pub async fn revoke_all(
    connection: &mut AsyncPgConnection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<ApiKeyId>> {
    diesel::update(api_keys::table.filter(api_keys::user_id.eq(user).and(api_keys::revoked_at.is_null())))
        .set(api_keys::revoked_at.eq(now))
        .returning(api_keys::id)
        .get_results(connection)
        .await
}

/// Up to `first + 1` keys of a user after the cursor, newest first, and how many there are in all.
pub async fn list(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
    user: UserId,
    page: &PageRequest,
) -> Result<(Vec<ApiKey>, i64), IdentityError> {
    let of_user = || api_keys::table.filter(api_keys::tenant_id.eq(tenant).and(api_keys::user_id.eq(user)));
    let mut query = of_user().into_boxed();
    if let Some(after) = page.after.as_deref().map(Cursor::<DateTime<Utc>>::decode).transpose()? {
        let same = api_keys::created_at.eq(after.key).and(api_keys::id.lt(ApiKeyId(after.id)));
        query = query.filter(api_keys::created_at.lt(after.key).or(same));
    }
    let rows = query
        .order((api_keys::created_at.desc(), api_keys::id.desc()))
        .limit(limit(page))
        .select(ApiKey::as_select())
        .load(connection)
        .await?;
    let total = of_user().count().get_result(connection).await?;
    Ok((rows, total))
}
