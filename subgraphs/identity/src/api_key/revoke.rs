//! Ends an API key at once.

use cloudphone_core::{ApiKeyId, Caller, CommonError};
use cloudphone_events::audit;
use serde_json::json;

use super::model::ApiKey;
use super::store;
use crate::access::AccessChange;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::access_changed;
use crate::role::catalogue::needs;

/// Ends a key of the caller's, or with `user:update` anybody's in the organisation; ending an ended one changes nothing.
pub async fn revoke_api_key(domain: &IdentityDomain, caller: &Caller, id: ApiKeyId) -> Result<ApiKey, IdentityError> {
    caller.require(&needs::API_KEY_WRITE)?;
    domain
        .database
        .transaction(caller, async |connection| {
            let key = store::lock(connection, caller.tenant_id, id).await?;
            let visible = |key: &ApiKey| caller.user_id() == Some(key.user_id) || caller.may(&needs::USER_UPDATE);
            let key = key.filter(visible).ok_or(CommonError::NotFound { what: "API key" })?;
            if key.revoked_at.is_some() {
                return Ok(key);
            }
            let now = domain.now();
            store::revoke(connection, &key, now).await?;
            let change = AccessChange::of_api_key(key.tenant_id, key.user_id, id);
            access_changed(connection, domain, caller, change).await?;
            let entry = audit::AuditEntry {
                action: "api-key.revoke",
                target_type: "api-key",
                target_id: Some(id.0),
                before: Some(json!({ "name": key.name, "prefix": key.prefix })),
                after: None,
            };
            audit::record(connection, caller, entry).await?;
            Ok::<_, IdentityError>(ApiKey { revoked_at: Some(now), ..key })
        })
        .await
}
