//! Searches the audit log of the caller's organisation.

use cloudphone_core::{Caller, Cursor, Page, PageRequest};

use super::model::{AuditFilter, Entry};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;

/// A page of entries, newest first.
pub async fn list_entries(
    domain: &IdentityDomain,
    caller: &Caller,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<Page<Entry>, IdentityError> {
    caller.require(&needs::AUDIT_READ)?;
    let (rows, total) = domain
        .database
        .read(caller, async |connection| store::list(connection, caller.tenant_id, filter, page).await)
        .await?;
    Ok(Page::cut(rows, page, Some(total), |entry| Cursor { key: entry.at, id: entry.id.0 }.encode()))
}
