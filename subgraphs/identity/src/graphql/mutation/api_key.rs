//! Making and revoking API keys.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use cloudphone_graphql::{caller, parse_id};

use super::super::api_key::ApiKeyNode;
use super::super::domain;
use super::{payload, settled};
use crate::api_key::{create, revoke};

/// A key to be made.
#[derive(InputObject)]
pub struct CreateApiKeyInput {
    /// The name to recognise it by.
    name: String,
    /// What it shall allow, each `resource:action` or a wildcard such as `device:*`.
    permissions: Vec<String>,
    /// When it shall end; absent when it shall not.
    expires_at: Option<DateTime<Utc>>,
}

/// Which key to end.
#[derive(InputObject)]
pub struct RevokeApiKeyInput {
    /// The key.
    id: ID,
}

payload! {
    /// The answer to `createApiKey`.
    CreateApiKeyPayload {
        /// The new key; absent when refused.
        api_key: ApiKeyNode,
        /// The key's whole text, shown this once; absent when refused.
        secret: String,
    }
}
payload! {
    /// The answer to `revokeApiKey`.
    RevokeApiKeyPayload {
        /// The ended key; absent when refused.
        api_key: ApiKeyNode,
    }
}

/// Mutations of API keys.
#[derive(Default)]
pub struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Makes an API key out of permissions that the caller holds. Codes: `UNKNOWN_PERMISSION`, `BEYOND_OWN_PERMISSIONS`, and
    /// those of fields.
    async fn create_api_key(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The key to be made.")] input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let caller = caller(context)?;
        let result = async {
            let CreateApiKeyInput { name, permissions, expires_at } = input;
            create::create_api_key(domain(context), caller, create::CreateApiKey { name, permissions, expires_at })
                .await
        };
        Ok(match settled(context, result.await)? {
            Ok((key, text)) => CreateApiKeyPayload {
                api_key: Some(ApiKeyNode(key)),
                secret: Some(text),
                ..CreateApiKeyPayload::default()
            },
            Err(errors) => CreateApiKeyPayload::refused(errors),
        })
    }

    /// Ends an API key at once: one's own, or with `user:update` anybody's in the organisation. Code: `NOT_FOUND`.
    async fn revoke_api_key(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which key to end.")] input: RevokeApiKeyInput,
    ) -> Result<RevokeApiKeyPayload> {
        let caller = caller(context)?;
        let result = async { revoke::revoke_api_key(domain(context), caller, parse_id(&input.id, "API key")?).await };
        Ok(match settled(context, result.await)? {
            Ok(key) => RevokeApiKeyPayload { api_key: Some(ApiKeyNode(key)), ..RevokeApiKeyPayload::default() },
            Err(errors) => RevokeApiKeyPayload::refused(errors),
        })
    }
}
