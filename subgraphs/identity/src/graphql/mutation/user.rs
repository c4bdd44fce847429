//! What administrators change of accounts.

use async_graphql::{Context, ID, InputObject, Object, Result};
use cloudphone_core::{CommonError, RoleId};
use cloudphone_graphql::{caller, parse_id};

use super::super::domain;
use super::super::user::UserNode;
use super::{payload, settled};
use crate::user::{activate, create, delete, unlock, update};

/// An account to be made.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The address to sign in with.
    email: String,
    /// The name that others see.
    display_name: String,
    /// The first password.
    #[graphql(secret)]
    password: String,
    /// The roles to hold.
    #[graphql(default)]
    role_ids: Vec<ID>,
}

/// A change of an account; what is absent stays.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// The account.
    id: ID,
    /// The new name.
    display_name: Option<String>,
    /// All roles that the account shall hold.
    role_ids: Option<Vec<ID>>,
}

/// Which account to close.
#[derive(InputObject)]
pub struct DeactivateUserInput {
    /// The account.
    id: ID,
}

/// Which account to open.
#[derive(InputObject)]
pub struct ActivateUserInput {
    /// The account.
    id: ID,
}

/// Which account to delete.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// The account.
    id: ID,
}

/// Which account to unlock.
#[derive(InputObject)]
pub struct UnlockUserInput {
    /// The account.
    id: ID,
}

payload! {
    /// The answer to `createUser`.
    CreateUserPayload {
        /// The new account; absent when refused.
        user: UserNode,
    }
}

payload! {
    /// The answer to `updateUser`.
    UpdateUserPayload {
        /// The changed account; absent when refused.
        user: UserNode,
    }
}

payload! {
    /// The answer to `deactivateUser`.
    DeactivateUserPayload {
        /// The closed account; absent when refused.
        user: UserNode,
    }
}

payload! {
    /// The answer to `activateUser`.
    ActivateUserPayload {
        /// The opened account; absent when refused.
        user: UserNode,
    }
}

payload! {
    /// The answer to `unlockUser`.
    UnlockUserPayload {
        /// The unlocked account; absent when refused.
        user: UserNode,
    }
}

payload! {
    /// The answer to `deleteUser`.
    DeleteUserPayload {
        /// The account that is gone; absent when refused.
        deleted_user_id: ID,
    }
}

fn role_ids(ids: &[ID]) -> Result<Vec<RoleId>, CommonError> {
    ids.iter().map(|id| parse_id(id, "role")).collect()
}

/// Mutations of accounts.
#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Creates an account in the caller's organisation. Codes: `EMAIL_TAKEN`, `BEYOND_OWN_PERMISSIONS`, `NOT_FOUND`, and those
    /// of fields.
    async fn create_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account to be made.")] input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let caller = caller(context)?;
        let result = async {
            let input = create::CreateUser {
                role_ids: role_ids(&input.role_ids)?,
                email: input.email,
                display_name: input.display_name,
                password: input.password,
            };
            create::create_user(domain(context), caller, input).await
        };
        Ok(match settled(context, result.await)? {
            Ok(user) => {
                CreateUserPayload { user: Some(UserNode::seen_by(caller, user)), ..CreateUserPayload::default() }
            }
            Err(errors) => CreateUserPayload::refused(errors),
        })
    }

    /// Changes an account's name and roles. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`, `LAST_ADMINISTRATOR`, and those of
    /// fields.
    async fn update_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateUserInput,
    ) -> Result<UpdateUserPayload> {
        let caller = caller(context)?;
        let result = async {
            let input = update::UpdateUser {
                id: parse_id(&input.id, "user")?,
                display_name: input.display_name,
                role_ids: input.role_ids.as_deref().map(role_ids).transpose()?,
            };
            update::update_user(domain(context), caller, input).await
        };
        Ok(match settled(context, result.await)? {
            Ok(user) => {
                UpdateUserPayload { user: Some(UserNode::seen_by(caller, user)), ..UpdateUserPayload::default() }
            }
            Err(errors) => UpdateUserPayload::refused(errors),
        })
    }

    /// Closes an account and ends its sessions at once. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`, `LAST_ADMINISTRATOR`,
    /// `OWN_ACCOUNT`.
    async fn deactivate_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which account to close.")] input: DeactivateUserInput,
    ) -> Result<DeactivateUserPayload> {
        let caller = caller(context)?;
        let result = async { activate::deactivate_user(domain(context), caller, parse_id(&input.id, "user")?).await };
        Ok(match settled(context, result.await)? {
            Ok(user) => DeactivateUserPayload {
                user: Some(UserNode::seen_by(caller, user)),
                ..DeactivateUserPayload::default()
            },
            Err(errors) => DeactivateUserPayload::refused(errors),
        })
    }

    /// Opens a closed account. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`.
    async fn activate_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which account to open.")] input: ActivateUserInput,
    ) -> Result<ActivateUserPayload> {
        let caller = caller(context)?;
        let result = async { activate::activate_user(domain(context), caller, parse_id(&input.id, "user")?).await };
        Ok(match settled(context, result.await)? {
            Ok(user) => {
                ActivateUserPayload { user: Some(UserNode::seen_by(caller, user)), ..ActivateUserPayload::default() }
            }
            Err(errors) => ActivateUserPayload::refused(errors),
        })
    }

    /// Lifts the lock that failed sign-ins put on an account. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`.
    async fn unlock_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which account to unlock.")] input: UnlockUserInput,
    ) -> Result<UnlockUserPayload> {
        let caller = caller(context)?;
        let result = async { unlock::unlock_user(domain(context), caller, parse_id(&input.id, "user")?).await };
        Ok(match settled(context, result.await)? {
            Ok(user) => {
                UnlockUserPayload { user: Some(UserNode::seen_by(caller, user)), ..UnlockUserPayload::default() }
            }
            Err(errors) => UnlockUserPayload::refused(errors),
        })
    }

    /// Deletes an account for good, with its sessions and API keys. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`,
    /// `LAST_ADMINISTRATOR`, `OWN_ACCOUNT`.
    async fn delete_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which account to delete.")] input: DeleteUserInput,
    ) -> Result<DeleteUserPayload> {
        let caller = caller(context)?;
        let result = async { delete::delete_user(domain(context), caller, parse_id(&input.id, "user")?).await };
        Ok(match settled(context, result.await)? {
            Ok(id) => {
                DeleteUserPayload { deleted_user_id: Some(id.to_string().into()), ..DeleteUserPayload::default() }
            }
            Err(errors) => DeleteUserPayload::refused(errors),
        })
    }
}
