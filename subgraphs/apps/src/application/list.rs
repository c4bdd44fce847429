//! Finds applications: several by id, or a page of the catalogue.

use cloudphone_core::{ApplicationId, Caller, Cursor, Page, PageRequest, TenantId};

use super::model::Application;
use super::store::{self, ApplicationOrder};
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::permissions::APP_READ;

/// Several applications of a tenant at once, deleted ones included; whoever asks passes the caller's tenant.
pub async fn find_applications(
    context: &AppsContext,
    tenant: TenantId,
    ids: &[ApplicationId],
) -> Result<Vec<Application>, AppsError> {
    context
        .database
        .tenant_transaction(tenant, async |conn| Ok::<_, AppsError>(store::find_many(conn, tenant, ids).await?))
        .await
}

/// A page of the catalogue of the caller's organisation.
pub async fn list_applications(
    context: &AppsContext,
    caller: &Caller,
    search: Option<&str>,
    (order, descending): (ApplicationOrder, bool),
    page: &PageRequest,
) -> Result<Page<Application>, AppsError> {
    caller.require(&APP_READ)?;
    let (rows, total) = context
        .database
        .read(caller, async |conn| store::list(conn, caller.tenant_id, search, (order, descending), page).await)
        .await?;
    Ok(Page::cut(rows, page, Some(total), |row| {
        let id = row.id.0;
        match order {
            ApplicationOrder::Label => Cursor { key: row.label.clone(), id }.encode(),
            ApplicationOrder::PackageName => Cursor { key: row.package_name.clone(), id }.encode(),
            ApplicationOrder::CreatedAt => Cursor { key: row.created_at, id }.encode(),
        }
    }))
}
