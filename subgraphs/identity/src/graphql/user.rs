//! The `User` type: its name is for everybody of the organisation, the rest for its owner and for holders of `user:read`.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, UserId};
use cloudphone_graphql::{Of, OrderDirection, shared};

use super::domain;
use super::loader::{RolesOfUsers, Users};
use super::role::RoleNode;
use crate::user::list::sees_all_of;
use crate::user::model::{self, User};
use crate::user::store::UserOrder;

/// Whether a person can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "model::UserStatus")]
pub enum UserStatus {
    /// Yes.
    Active,
    /// No, an administrator has closed the account.
    Deactivated,
    /// Not for a while, after too many failed sign-ins.
    Locked,
}

/// By what a list of users is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "UserOrder")]
pub enum UserOrderField {
    /// When the account was made.
    CreatedAt,
    /// The name that others see.
    DisplayName,
    /// The address.
    Email,
}

/// How a list of users is sorted.
#[derive(Clone, Copy, InputObject)]
#[graphql(name = "UserOrder")]
pub struct UserOrderInput {
    /// By what.
    pub field: UserOrderField,
    /// In which direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

/// A user as one caller may see them.
pub struct UserNode {
    user: User,
    whole: bool,
}

impl UserNode {
    /// A user as the caller may see them.
    pub fn seen_by(caller: &Caller, user: User) -> Self {
        Self { whole: sees_all_of(caller, user.id), user }
    }

    /// A user as they see themselves.
    pub fn own(user: User) -> Self {
        Self { user, whole: true }
    }
}

/// A person with an account.
#[Object(name = "User")]
impl UserNode {
    /// The account's id.
    async fn id(&self) -> ID {
        self.user.id.to_string().into()
    }

    /// The name that others see.
    async fn display_name(&self) -> &str {
        &self.user.display_name
    }

    /// The address that the person signs in with. Absent unless it is one's own or the caller holds `user:read`.
    async fn email(&self) -> Option<&str> {
        self.whole.then_some(&self.user.email)
    }

    /// Whether the person can sign in. Absent unless it is oneself or the caller holds `user:read`.
    async fn status(&self, context: &Context<'_>) -> Option<UserStatus> {
        self.whole.then(|| self.user.status(domain(context).now()).into())
    }

    /// What the person may do, as sets of permissions. Absent unless it is oneself or the caller holds `user:read`.
    async fn roles(&self, context: &Context<'_>) -> Result<Option<Vec<RoleNode>>> {
        if !self.whole {
            return Ok(None);
        }
        let loader = context.data_unchecked::<DataLoader<RolesOfUsers>>();
        let key = Of(self.user.tenant_id, self.user.id);
        let roles = shared(context, loader.load_one(key).await)?;
        Ok(Some(roles.unwrap_or_default().into_iter().map(RoleNode).collect()))
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.user.created_at
    }

    /// When the person last signed in. Absent before the first time, and unless it is oneself or the caller holds `user:read`.
    async fn last_login_at(&self) -> Option<DateTime<Utc>> {
        self.user.last_login_at.filter(|_| self.whole)
    }
}

/// A user of the caller's organisation, if there is one with this id.
pub async fn load(context: &Context<'_>, caller: &Caller, id: UserId) -> Result<Option<UserNode>> {
    let loader = context.data_unchecked::<DataLoader<Users>>();
    let user = shared(context, loader.load_one(Of(caller.tenant_id, id)).await)?;
    Ok(user.map(|user| UserNode::seen_by(caller, user)))
}
