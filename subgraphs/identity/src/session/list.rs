//! Shows a person where they are signed in.

use cloudphone_core::{Caller, CommonError};

use super::model::Session;
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;

/// The caller's own living sessions, last used first.
pub async fn list_sessions(domain: &IdentityDomain, caller: &Caller) -> Result<Vec<Session>, IdentityError> {
    let user = caller.user_id().ok_or(CommonError::Unauthenticated)?;
    let now = domain.now();
    let sessions = domain
        .database
        .read(caller, async |connection| {
            Ok::<_, IdentityError>(store::list_unrevoked(connection, caller.tenant_id, user, now).await?)
        })
        .await?;
    let limits = &domain.settings.session;
    Ok(sessions.into_iter().filter(|session| session.is_alive(now, limits)).collect())
}
