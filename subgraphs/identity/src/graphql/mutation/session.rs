//! Signing in, refreshing and signing out.

use async_graphql::{Context, ID, InputObject, Object, Result};
use cloudphone_graphql::{caller, origin, parse_id};

use super::super::domain;
use super::super::session::AuthenticatedSession;
use super::{payload, settled};
use crate::session::{login, refresh, revoke};
use crate::tenant::register;

/// Whom to sign in.
#[derive(InputObject)]
pub struct LoginInput {
    /// The address.
    email: String,
    /// The password.
    #[graphql(secret)]
    password: String,
}

/// Who opens which organisation.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The founder's address.
    email: String,
    /// The founder's password.
    #[graphql(secret)]
    password: String,
    /// The founder's name.
    display_name: String,
    /// The organisation's name.
    organisation_name: String,
}

/// What to trade for new tokens.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The latest refresh token of the session.
    #[graphql(secret)]
    refresh_token: String,
}

/// Which session to end.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// The session.
    id: ID,
}

payload! {
    /// The answer to `login`.
    LoginPayload {
        /// What the client holds from now on; absent when refused.
        session: AuthenticatedSession,
    }
}
payload! {
    /// The answer to `register`.
    RegisterPayload {
        /// What the client holds from now on; absent when refused.
        session: AuthenticatedSession,
    }
}
payload! {
    /// The answer to `refreshSession`.
    RefreshSessionPayload {
        /// What the client holds from now on; absent when refused.
        session: AuthenticatedSession,
    }
}
payload! {
    /// The answer to `logout`.
    LogoutPayload {}
}
payload! {
    /// The answer to `revokeSession`.
    RevokeSessionPayload {
        /// The session that has ended; absent when refused.
        revoked_session_id: ID,
    }
}
payload! {
    /// The answer to `revokeOtherSessions`.
    RevokeOtherSessionsPayload {
        /// How many sessions have ended; absent when refused.
        revoked_count: i32,
    }
}

/// Mutations of sessions.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs a person in by address and password. Codes: `INVALID_CREDENTIALS`, and for whoever knows the password also
    /// `ACCOUNT_LOCKED`, `ACCOUNT_DEACTIVATED`, `TENANT_SUSPENDED`.
    async fn login(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whom to sign in.")] input: LoginInput,
    ) -> Result<LoginPayload> {
        let result = login::login(domain(context), origin(context), &input.email, &input.password).await;
        Ok(match settled(context, result)? {
            Ok(session) => LoginPayload { session: Some(session.into()), ..LoginPayload::default() },
            Err(errors) => LoginPayload::refused(errors),
        })
    }

    /// Opens an organisation with its founder as administrator, and signs the founder in. Codes: `EMAIL_TAKEN`,
    /// `REGISTRATION_CLOSED`, and those of fields.
    async fn register(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who opens which organisation.")] input: RegisterInput,
    ) -> Result<RegisterPayload> {
        let input = register::Register {
            email: input.email,
            password: input.password,
            display_name: input.display_name,
            organisation_name: input.organisation_name,
        };
        let result = register::register(domain(context), origin(context), input).await;
        Ok(match settled(context, result)? {
            Ok(session) => RegisterPayload { session: Some(session.into()), ..RegisterPayload::default() },
            Err(errors) => RegisterPayload::refused(errors),
        })
    }

    /// Trades a refresh token for the next pair of tokens. A token that comes back a second time ends its session. Code:
    /// `INVALID_REFRESH_TOKEN`.
    async fn refresh_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to trade.")] input: RefreshSessionInput,
    ) -> Result<RefreshSessionPayload> {
        let result = refresh::refresh(domain(context), origin(context), &input.refresh_token).await;
        Ok(match settled(context, result)? {
            Ok(session) => RefreshSessionPayload { session: Some(session.into()), ..RefreshSessionPayload::default() },
            Err(errors) => RefreshSessionPayload::refused(errors),
        })
    }

    /// Ends the session that asks.
    async fn logout(&self, context: &Context<'_>) -> Result<LogoutPayload> {
        let result = revoke::logout(domain(context), caller(context)?).await;
        Ok(match settled(context, result)? {
            Ok(()) => LogoutPayload::default(),
            Err(errors) => LogoutPayload::refused(errors),
        })
    }

    /// Ends one of the caller's sessions. Code: `NOT_FOUND`.
    async fn revoke_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which session to end.")] input: RevokeSessionInput,
    ) -> Result<RevokeSessionPayload> {
        let caller = caller(context)?;
        let result = async { revoke::revoke_session(domain(context), caller, parse_id(&input.id, "session")?).await };
        Ok(match settled(context, result.await)? {
            Ok(()) => RevokeSessionPayload { revoked_session_id: Some(input.id), ..RevokeSessionPayload::default() },
            Err(errors) => RevokeSessionPayload::refused(errors),
        })
    }

    /// Ends all of the caller's sessions but the one that asks.
    async fn revoke_other_sessions(&self, context: &Context<'_>) -> Result<RevokeOtherSessionsPayload> {
        let result = revoke::revoke_other_sessions(domain(context), caller(context)?).await;
        Ok(match settled(context, result)? {
            Ok(count) => RevokeOtherSessionsPayload {
                revoked_count: Some(i32::try_from(count).unwrap_or(i32::MAX)),
                ..RevokeOtherSessionsPayload::default()
            },
            Err(errors) => RevokeOtherSessionsPayload::refused(errors),
        })
    }
}
