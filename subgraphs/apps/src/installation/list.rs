//! Finds installations: a page of a list, or what several devices have.

use cloudphone_core::{Caller, Cursor, Page, PageRequest};

use super::model::Installation;
use super::store::{self, InstallationFilter};
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::permissions::APP_READ;

/// A page of the installations of the caller's organisation, newest first.
pub async fn list_installations(
    context: &AppsContext,
    caller: &Caller,
    filter: &InstallationFilter,
    page: &PageRequest,
) -> Result<Page<Installation>, AppsError> {
    caller.require(&APP_READ)?;
    let (rows, total) =
        context.database.read(caller, async |conn| store::list(conn, caller.tenant_id, filter, page).await).await?;
    Ok(Page::cut(rows, page, Some(total), |row| Cursor { key: row.created_at, id: row.id.0 }.encode()))
}

/// The installations of a filter that changed last.
pub async fn latest_installations(
    context: &AppsContext,
    caller: &Caller,
    filter: &InstallationFilter,
    most: i64,
) -> Result<Vec<Installation>, AppsError> {
    caller.require(&APP_READ)?;
    context
        .database
        .read(caller, async |conn| Ok::<_, AppsError>(store::latest(conn, caller.tenant_id, filter, most).await?))
        .await
}
