//! Creates an account in the caller's organisation.

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, CommonError, RoleId, TenantId, UserId, Validation};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::outbox;

use super::model::{User, check_display_name, check_email, normal_email};
use super::record::{Account, note};
use super::store::{self, NewUser};
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::UserCreated;
use crate::password::check_new_password;
use crate::role::catalogue::needs;
use crate::role::model::{Role, require_within};
use crate::role::store as roles;

/// An account to be made.
#[derive(Clone)]
pub struct CreateUser {
    /// The address to sign in with.
    pub email: String,
    /// The name that others see.
    pub display_name: String,
    /// The first password.
    pub password: String,
    /// The roles to hold.
    pub role_ids: Vec<RoleId>,
}

impl CreateUser {
    /// Checks the fields under the given paths and brings them into their normal form.
    pub(crate) fn checked(
        mut self,
        domain: &IdentityDomain,
        [email, display_name, password]: [&str; 3],
        validation: &mut Validation,
    ) -> Self {
        self.email = normal_email(&self.email);
        self.display_name = self.display_name.trim().to_owned();
        check_email(&self.email, email, validation);
        check_display_name(&self.display_name, display_name, validation);
        check_new_password(&self.password, &domain.settings.password, password, validation);
        self
    }
}

/// Creates an account with roles that the caller holds as well.
pub async fn create_user(domain: &IdentityDomain, caller: &Caller, input: CreateUser) -> Result<User, IdentityError> {
    caller.require(&needs::USER_CREATE)?;
    let mut validation = Validation::new();
    let input = input.checked(domain, ["email", "displayName", "password"], &mut validation);
    validation.finish()?;
    let hash = domain.passwords.hash(&input.password).await?;
    domain
        .database
        .transaction(caller, async |connection| {
            let roles = grantable_roles(connection, caller, &input.role_ids).await?;
            let user = insert(connection, caller.tenant_id, &input, &hash, domain.now()).await?;
            outbox::append(connection, caller, &UserCreated::of(&user)).await?;
            let account = Account { user, roles };
            note(connection, caller, "user.create", account.user.id, None, Some(account.shown())).await?;
            Ok(account.user)
        })
        .await
}

/// Writes an account with its roles, within a transaction.
pub(crate) async fn insert(
    connection: &mut AsyncPgConnection,
    tenant_id: TenantId,
    input: &CreateUser,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<User, IdentityError> {
    let new = NewUser {
        id: UserId::new(),
        tenant_id,
        email: &input.email,
        display_name: &input.display_name,
        password_hash,
        created_at: now,
        updated_at: now,
    };
    let user = store::insert(connection, &new).await?;
    roles::replace_of_user(connection, tenant_id, user.id, &input.role_ids).await?;
    Ok(user)
}

/// The roles of these ids, all of which must exist and lie within what the caller holds.
pub(super) async fn grantable_roles(
    connection: &mut AsyncPgConnection,
    caller: &Caller,
    ids: &[RoleId],
) -> Result<Vec<Role>, IdentityError> {
    let roles = roles::find_many(connection, caller.tenant_id, ids).await?;
    if ids.iter().any(|id| roles.iter().all(|role| role.id != *id)) {
        return Err(CommonError::NotFound { what: "role" }.into());
    }
    for role in &roles {
        require_within(caller, &role.permission_set())?;
    }
    Ok(roles)
}
