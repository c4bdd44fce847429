//! Finds accounts: one, several at once for the graph's entities, or a page of a list.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, Cursor, Page, PageRequest, TenantId, UserId};
use serde::Serialize;

use super::model::User;
use super::store::{self, UserFilter, UserOrder};
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;
use crate::role::model::Role;
use crate::role::store as roles;

/// How much of an account the caller may see: everything of their own, the rest with `user:read`, otherwise the name.
pub fn sees_all_of(caller: &Caller, user: UserId) -> bool {
    caller.user_id() == Some(user) || caller.may(&needs::USER_READ)
}

/// Several accounts of a tenant at once; whoever asks on a caller's behalf passes the caller's tenant.
pub async fn find_users(
    domain: &IdentityDomain,
    tenant: TenantId,
    ids: &[UserId],
) -> Result<HashMap<UserId, User>, IdentityError> {
    let users = domain
        .database
        .tenant_transaction(tenant, async |connection| {
            Ok::<_, IdentityError>(store::find_many(connection, tenant, ids).await?)
        })
        .await?;
    Ok(users.into_iter().map(|user| (user.id, user)).collect())
}

/// The roles of several accounts of a tenant at once.
pub async fn find_roles_of_users(
    domain: &IdentityDomain,
    tenant: TenantId,
    ids: &[UserId],
) -> Result<HashMap<UserId, Vec<Role>>, IdentityError> {
    let held = domain
        .database
        .tenant_transaction(tenant, async |connection| {
            Ok::<_, IdentityError>(roles::of_users(connection, tenant, ids).await?)
        })
        .await?;
    let mut by_user: HashMap<UserId, Vec<Role>> = HashMap::with_capacity(ids.len());
    for (user, role) in held {
        by_user.entry(user).or_default().push(role);
    }
    Ok(by_user)
}

/// A page of the accounts of the caller's organisation.
pub async fn list_users(
    domain: &IdentityDomain,
    caller: &Caller,
    filter: &UserFilter,
    (order, descending): (UserOrder, bool),
    page: &PageRequest,
) -> Result<Page<User>, IdentityError> {
    caller.require(&needs::USER_READ)?;
    let now = domain.now();
    let (rows, total) = domain
        .database
        .read(caller, async |connection| {
            store::list(connection, caller.tenant_id, filter, (order, descending), page, now).await
        })
        .await?;
    let cursor = |user: &User| match order {
        UserOrder::CreatedAt => cursor::<DateTime<Utc>>(user.created_at, user.id),
        UserOrder::DisplayName => cursor(user.display_name.clone(), user.id),
        UserOrder::Email => cursor(user.email.clone(), user.id),
    };
    Ok(Page::cut(rows, page, Some(total), cursor))
}

fn cursor<K: Serialize + serde::de::DeserializeOwned>(key: K, id: UserId) -> String {
    Cursor { key, id: id.0 }.encode()
}
