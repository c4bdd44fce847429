//! All SQL about applications.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, Cursor, PageRequest, TenantId};
use cloudphone_database::AsyncPgConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::model::Application;
use crate::error::AppsError;
use crate::schema::applications;

/// Adds an application; false when the catalogue has the same content already.
pub async fn insert(conn: &mut AsyncPgConnection, application: &Application) -> QueryResult<bool> {
    let added = diesel::insert_into(applications::table).values(application).on_conflict_do_nothing();
    Ok(added.execute(conn).await? == 1)
}

/// The application with this content.
pub async fn find_content(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    sha256: &str,
) -> QueryResult<Option<Application>> {
    applications::table
        .filter(applications::tenant_id.eq(tenant).and(applications::sha256.eq(sha256)))
        .filter(applications::deleted_at.is_null())
        .select(Application::as_select())
        .first(conn)
        .await
        .optional()
}

/// Applications of a tenant by their ids, in no order, deleted ones included.
pub async fn find_many(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    ids: &[ApplicationId],
) -> QueryResult<Vec<Application>> {
    let rows = applications::table.filter(applications::tenant_id.eq(tenant).and(applications::id.eq_any(ids)));
    rows.select(Application::as_select()).load(conn).await
}

/// An application of the catalogue, which stays there until the transaction ends.
pub async fn hold(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: ApplicationId,
) -> QueryResult<Option<Application>> {
    let row = applications::table.find(id).filter(applications::tenant_id.eq(tenant));
    let row = row.filter(applications::deleted_at.is_null()).select(Application::as_select());
    row.for_share().first(conn).await.optional()
}

/// An application of the catalogue, which nobody else changes or installs until the transaction ends.
pub async fn lock(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: ApplicationId,
) -> QueryResult<Option<Application>> {
    let row = applications::table.find(id).filter(applications::tenant_id.eq(tenant));
    let row = row.filter(applications::deleted_at.is_null()).select(Application::as_select());
    row.for_update().first(conn).await.optional()
}

/// Takes an application out of the catalogue.
pub async fn delete(conn: &mut AsyncPgConnection, id: ApplicationId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(applications::table.find(id)).set(applications::deleted_at.eq(now)).execute(conn).await?;
    Ok(())
}

/// The sort key of a list of applications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApplicationOrder {
    /// By the name under the icon.
    #[default]
    Label,
    /// By package name.
    PackageName,
    /// By when they came into the catalogue.
    CreatedAt,
}

fn listed<'a>(tenant: TenantId, search: Option<&str>) -> applications::BoxedQuery<'a, Pg> {
    let mut query = applications::table
        .filter(applications::tenant_id.eq(tenant).and(applications::deleted_at.is_null()))
        .into_boxed();
    if let Some(text) = search.map(str::trim).filter(|text| !text.is_empty()) {
        let pattern = containing(text);
        query = query.filter(applications::label.ilike(pattern.clone()).or(applications::package_name.ilike(pattern)));
    }
    query
}

/// A pattern for texts that contain the searched one literally.
fn containing(text: &str) -> String {
    let literal = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{literal}%")
}

/// Up to `first + 1` applications after the cursor, and how many there are in all.
pub async fn list(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    search: Option<&str>,
    (order, descending): (ApplicationOrder, bool),
    page: &PageRequest,
) -> Result<(Vec<Application>, i64), AppsError> {
    macro_rules! sorted {
        ($query:expr, $column:expr, $key:ty) => {{
            let mut query = $query;
            if let Some(after) = page.after.as_deref().map(Cursor::<$key>::decode).transpose()? {
                let id = ApplicationId(after.id);
                query = if descending {
                    query.filter($column.lt(after.key.clone()).or($column.eq(after.key).and(applications::id.lt(id))))
                } else {
                    query.filter($column.gt(after.key.clone()).or($column.eq(after.key).and(applications::id.gt(id))))
                };
            }
            if descending {
                query.order(($column.desc(), applications::id.desc()))
            } else {
                query.order(($column, applications::id))
            }
        }};
    }
    let query = listed(tenant, search);
    let query = match order {
        ApplicationOrder::Label => sorted!(query, applications::label, String),
        ApplicationOrder::PackageName => sorted!(query, applications::package_name, String),
        ApplicationOrder::CreatedAt => sorted!(query, applications::created_at, DateTime<Utc>),
    };
    let rows = query.limit(limit(page)).select(Application::as_select()).load(conn).await?;
    let total = listed(tenant, search).count().get_result(conn).await?;
    Ok((rows, total))
}

/// One row more than the page holds, which tells whether another page follows.
pub fn limit(page: &PageRequest) -> i64 {
    i64::try_from(page.first).unwrap_or(i64::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_of_a_search_are_taken_literally() {
        assert_eq!(containing("50%_\\"), "%50\\%\\_\\\\%");
    }
}
