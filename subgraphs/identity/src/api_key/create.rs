//! Makes an API key; its text is in the answer and nowhere else.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApiKeyId, Caller, Validation};
use cloudphone_events::audit;
use serde_json::json;

use super::model::{ApiKey, KeyText};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;
use crate::role::model::{parse_permissions, require_within};
use crate::session::model::secret_hash;

/// A key to be made.
#[derive(Clone, Debug)]
pub struct CreateApiKey {
    /// The name to recognise it by.
    pub name: String,
    /// What it shall allow.
    pub permissions: Vec<String>,
    /// When it shall end; absent when it shall not.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a key out of permissions that the caller holds; answers it with its whole text.
pub async fn create_api_key(
    domain: &IdentityDomain,
    caller: &Caller,
    input: CreateApiKey,
) -> Result<(ApiKey, String), IdentityError> {
    caller.require(&needs::API_KEY_WRITE)?;
    let user_id = caller.session_id().and(caller.user_id()).ok_or(IdentityError::SessionRequired)?;
    let now = domain.now();
    let mut validation = Validation::new();
    validation.length(&input.name, 1, 100, "name");
    let permissions = parse_permissions(&input.permissions, "permissions", &mut validation);
    validation.check(!input.permissions.is_empty(), "permissions", "REQUIRED", "Choose at least one permission.");
    let is_ahead = input.expires_at.is_none_or(|end| end > now);
    validation.check(is_ahead, "expiresAt", "IN_THE_PAST", "Choose a moment ahead.");
    validation.finish()?;
    require_within(caller, &permissions)?;
    let text = KeyText::generate();
    let key = ApiKey {
        id: ApiKeyId::new(),
        tenant_id: caller.tenant_id,
        user_id,
        name: input.name.trim().to_owned(),
        secret_hash: secret_hash(&text.secret),
        prefix: text.prefix.clone(),
        permissions: permissions.iter().map(ToString::to_string).collect(),
        created_at: now,
        expires_at: input.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    domain
        .database
        .transaction(caller, async |connection| {
            store::insert(connection, &key).await?;
            let entry = audit::AuditEntry {
                action: "api-key.create",
                target_type: "api-key",
                target_id: Some(key.id.0),
                before: None,
                after: Some(json!({
                    "name": key.name, "prefix": key.prefix, "permissions": key.permissions, "expiresAt": key.expires_at,
                })),
            };
            audit::record(connection, caller, entry).await?;
            Ok::<_, IdentityError>(())
        })
        .await?;
    Ok((key, text.spelled()))
}
