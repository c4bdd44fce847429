//! Finds uploads: one, or a page of a list.

use cloudphone_core::{Caller, Cursor, Page, PageRequest, UploadId};

use super::model::Upload;
use super::state::ApplicationUploadStatus;
use super::store;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::permissions::{APP_READ, APP_UPLOAD};

/// Whoever may upload also sees uploads.
fn require_sight(caller: &Caller) -> Result<(), AppsError> {
    if !caller.may(&APP_UPLOAD) {
        caller.require(&APP_READ)?;
    }
    Ok(())
}

/// An upload of the caller's organisation.
pub async fn find_upload(context: &AppsContext, caller: &Caller, id: UploadId) -> Result<Option<Upload>, AppsError> {
    require_sight(caller)?;
    context.database.read(caller, async |conn| Ok::<_, AppsError>(store::find(conn, caller.tenant_id, id).await?)).await
}

/// A page of the uploads of the caller's organisation, newest first.
pub async fn list_uploads(
    context: &AppsContext,
    caller: &Caller,
    status: Option<ApplicationUploadStatus>,
    page: &PageRequest,
) -> Result<Page<Upload>, AppsError> {
    require_sight(caller)?;
    let (rows, total) =
        context.database.read(caller, async |conn| store::list(conn, caller.tenant_id, status, page).await).await?;
    Ok(Page::cut(rows, page, Some(total), |row| Cursor { key: row.created_at, id: row.id.0 }.encode()))
}
