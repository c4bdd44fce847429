//! The SQL of tenants.

use cloudphone_core::{Cursor, PageRequest, TenantId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::Tenant;
use crate::error::IdentityError;
use crate::schema::tenants;
use crate::user::store::{containing, limit};

/// Adds a tenant.
pub async fn insert(connection: &mut AsyncPgConnection, tenant: &Tenant) -> QueryResult<()> {
    diesel::insert_into(tenants::table).values(tenant).execute(connection).await?;
    Ok(())
}

/// A tenant by its id.
pub async fn find(connection: &mut AsyncPgConnection, id: TenantId) -> QueryResult<Option<Tenant>> {
    tenants::table.find(id).select(Tenant::as_select()).first(connection).await.optional()
}

/// A tenant by its short name.
pub async fn find_by_slug(connection: &mut AsyncPgConnection, slug: &str) -> QueryResult<Option<Tenant>> {
    tenants::table.filter(tenants::slug.eq(slug)).select(Tenant::as_select()).first(connection).await.optional()
}

/// A tenant, kept from changing until the transaction ends; also serialises changes of who governs it.
pub async fn lock(connection: &mut AsyncPgConnection, id: TenantId) -> QueryResult<Option<Tenant>> {
    tenants::table.find(id).select(Tenant::as_select()).for_update().first(connection).await.optional()
}

/// Several tenants at once.
pub async fn find_many(connection: &mut AsyncPgConnection, ids: &[TenantId]) -> QueryResult<Vec<Tenant>> {
    tenants::table.filter(tenants::id.eq_any(ids)).select(Tenant::as_select()).load(connection).await
}

/// Writes what can change of a tenant.
pub async fn update(connection: &mut AsyncPgConnection, tenant: &Tenant) -> QueryResult<()> {
    diesel::update(tenants::table.find(tenant.id))
        .set((
            tenants::name.eq(&tenant.name),
            tenants::slug.eq(&tenant.slug),
            tenants::suspended_at.eq(tenant.suspended_at),
            tenants::updated_at.eq(tenant.updated_at),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Up to `first + 1` tenants of the platform after the cursor, by short name, and how many there are in all.
pub async fn list(
    connection: &mut AsyncPgConnection,
    search: Option<&str>,
    page: &PageRequest,
) -> Result<(Vec<Tenant>, i64), IdentityError> {
    let found = || {
        let query = tenants::table.into_boxed();
        match search.map(containing) {
            Some(pattern) => query.filter(tenants::name.ilike(pattern.clone()).or(tenants::slug.ilike(pattern))),
            None => query,
        }
    };
    let mut query = found();
    if let Some(after) = page.after.as_deref().map(Cursor::<String>::decode).transpose()? {
        query = query.filter(tenants::slug.gt(after.key));
    }
    let rows = query.order(tenants::slug).limit(limit(page)).select(Tenant::as_select()).load(connection).await?;
    let total = found().count().get_result(connection).await?;
    Ok((rows, total))
}
