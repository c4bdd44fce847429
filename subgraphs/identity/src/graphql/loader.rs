//! Batch loaders: however many edges lead to users and roles, each kind is read once.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use cloudphone_core::UserId;
use cloudphone_graphql::{Of, grouped};

use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::model::Role;
use crate::user::list::{find_roles_of_users, find_users};
use crate::user::model::User;

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

impl Loader<Of<UserId>> for Users {
    type Value = User;
    type Error = Arc<IdentityError>;

    async fn load(&self, keys: &[Of<UserId>]) -> Result<HashMap<Of<UserId>, User>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let users = find_users(&self.0, tenant, &ids).await?;
            found.extend(users.into_iter().map(|(id, user)| (Of(tenant, id), user)));
        }
        Ok(found)
    }
}

impl Loader<Of<UserId>> for RolesOfUsers {
    type Value = Vec<Role>;
    type Error = Arc<IdentityError>;

    async fn load(&self, keys: &[Of<UserId>]) -> Result<HashMap<Of<UserId>, Vec<Role>>, Self::Error> {
        let mut found = HashMap::with_capacity(keys.len());
        for (tenant, ids) in grouped(keys, |key| (key.0, key.1)) {
            let roles = find_roles_of_users(&self.0, tenant, &ids).await?;
            found.extend(roles.into_iter().map(|(id, roles)| (Of(tenant, id), roles)));
        }
        Ok(found)
    }
}
