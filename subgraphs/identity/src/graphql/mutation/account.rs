//! What people change of their own accounts.

use async_graphql::{Context, InputObject, Object, Result};
use cloudphone_graphql::caller;

use super::super::domain;
use super::super::user::UserNode;
use super::{payload, settled};
use crate::user::change_password;
use crate::user::update;

/// The old and the new password.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password so far.
    #[graphql(secret)]
    current_password: String,
    /// The password from now on.
    #[graphql(secret)]
    new_password: String,
}

/// What to change of one's own account.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// The name that others see.
    display_name: String,
}

payload! {
    /// The answer to `changePassword`.
    ChangePasswordPayload {}
}
payload! {
    /// The answer to `updateProfile`.
    UpdateProfilePayload {
        /// The changed account; absent when refused.
        user: UserNode,
    }
}

/// Mutations of one's own account.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Changes the caller's password and ends all other sessions. Codes: `WRONG_PASSWORD`, `ACCOUNT_LOCKED`, and those of
    /// the password's rules.
    async fn change_password(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The old and the new password.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        let (current, new) = (&input.current_password, &input.new_password);
        let result = change_password::change_password(domain(context), caller(context)?, current, new).await;
        Ok(match settled(context, result)? {
            Ok(()) => ChangePasswordPayload::default(),
            Err(errors) => ChangePasswordPayload::refused(errors),
        })
    }

    /// Changes the caller's own account.
    async fn update_profile(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateProfileInput,
    ) -> Result<UpdateProfilePayload> {
        let result = update::update_profile(domain(context), caller(context)?, &input.display_name).await;
        Ok(match settled(context, result)? {
            Ok(user) => UpdateProfilePayload { user: Some(UserNode::own(user)), ..UpdateProfilePayload::default() },
            Err(errors) => UpdateProfilePayload::refused(errors),
        })
    }
}
