//! The mutations, by what they change, and the shape of their payloads.

mod account;
mod api_key;
mod role;
mod session;
mod tenant;
mod user;

use async_graphql::{Context, MergedObject, Result};
use cloudphone_graphql::{UserError, origin, outcome};

use crate::error::IdentityError;

/// The mutations of identity.
#[derive(Default, MergedObject)]
pub struct Mutation(
    session::SessionMutation,
    account::AccountMutation,
    user::UserMutation,
    role::RoleMutation,
    api_key::ApiKeyMutation,
    tenant::TenantMutation,
);

/// What a mutation answers: what it changed, or why it changed nothing.
macro_rules! payload {
    ($(#[$meta:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Default, async_graphql::SimpleObject)]
        pub struct $name {
            $($(#[$of_field])* $field: Option<$type>,)*
            /// Why nothing changed; empty on success.
            user_errors: Vec<cloudphone_graphql::UserError>,
        }

        impl $name {
            fn refused(user_errors: Vec<cloudphone_graphql::UserError>) -> Self {
                Self { $($field: None,)* user_errors }
            }
        }
    };
}
use payload;

/// Splits the result of a use case: its value, or user errors for the payload, or a GraphQL error.
fn settled<T>(context: &Context<'_>, result: Result<T, IdentityError>) -> Result<Result<T, Vec<UserError>>> {
    outcome(result, origin(context))
}
