//! Batch loaders: however many edges lead to users and roles, each kind is read once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use cloudphone_core::{TenantId, UserId};

use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::model::Role;
use crate::user::list::{find_roles_of_users, find_users};
use crate::user::model::User;

/// A user as somebody of a tenant may find them; the tenant is the caller's, so that nobody is found across tenants.
pub type UserKey = (TenantId, UserId);

/// Loads users by their ids.
pub struct Users(Arc<IdentityDomain>);

/// Loads the roles that users hold.
pub struct RolesOfUsers(Arc<IdentityDomain>);

/// A loader that lives as long as the schema and remembers nothing between requests.
pub fn users(domain: &Arc<IdentityDomain>) -> DataLoader<Users> {
    DataLoader::new(Users(Arc::clone(domain)), tokio::spawn)
}

/// A loader that lives as long as the schema and remembers nothing between requests.
pub fn roles(domain: &Arc<IdentityDomain>) -> DataLoader<RolesOfUsers> {
    DataLoader::new(RolesOfUsers(Arc::clone(domain)), tokio::spawn)
}

fn by_tenant(keys: &[UserKey]) -> HashMap<TenantId, Vec<UserId>> {
    let mut ids: HashMap<TenantId, Vec<UserId>> = HashMap::new();
    for (tenant, user) in keys {
        ids.entry(*tenant).or_default().push(*user);
    }
    ids
}

impl Loader<UserKey> for Users {
    type Value = User;
    type Error = Arc<IdentityError>;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, User>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys) {
            let users = find_users(&self.0, tenant, &ids).await?;
            found.extend(users.into_iter().map(|(id, user)| ((tenant, id), user)));
        }
        Ok(found)
    }
}

impl Loader<UserKey> for RolesOfUsers {
    type Value = Vec<Role>;
    type Error = Arc<IdentityError>;

    async fn load(&self, keys: &[UserKey]) -> Result<HashMap<UserKey, Vec<Role>>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys) {
            let roles = find_roles_of_users(&self.0, tenant, &ids).await?;
            found.extend(roles.into_iter().map(|(id, roles)| ((tenant, id), roles)));
        }
        Ok(found)
    }
}
