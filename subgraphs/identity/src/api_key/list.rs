//! Shows a person their API keys.

use cloudphone_core::{Caller, CommonError, Cursor, Page, PageRequest};

use super::model::ApiKey;
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;

/// A page of the caller's own keys, newest first, revoked ones included.
pub async fn list_api_keys(
    domain: &IdentityDomain,
    caller: &Caller,
    page: &PageRequest,
) -> Result<Page<ApiKey>, IdentityError> {
    caller.require(&needs::API_KEY_READ)?;
    let user = caller.user_id().ok_or(CommonError::Unauthenticated)?;
    let (rows, total) = domain
        .database
        .read(caller, async |connection| store::list(connection, caller.tenant_id, user, page).await)
        .await?;
    Ok(Page::cut(rows, page, Some(total), |key| Cursor { key: key.created_at, id: key.id.0 }.encode()))
}
