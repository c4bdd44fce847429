//! Changes an account's name and roles, by an administrator or, for the name, by its owner.

use cloudphone_core::{Caller, CommonError, RoleId, UserId, Validation};
use cloudphone_events::outbox;

use super::create::grantable_roles;
use super::model::{User, check_display_name};
use super::record::{Account, note, require_governed, take};
use super::store;
use crate::access::AccessChange;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::{UserUpdated, access_changed};
use crate::role::catalogue::needs;
use crate::role::store as roles;

/// A change of an account; what is absent stays.
#[derive(Clone, Debug)]
pub struct UpdateUser {
    /// The account.
    pub id: UserId,
    /// The new name.
    pub display_name: Option<String>,
    /// All roles that the account shall hold.
    pub role_ids: Option<Vec<RoleId>>,
}

/// Changes an account of the caller's organisation.
pub async fn update_user(domain: &IdentityDomain, caller: &Caller, input: UpdateUser) -> Result<User, IdentityError> {
    caller.require(&needs::USER_UPDATE)?;
    let name = checked_name(input.display_name.as_deref())?;
    domain
        .database
        .transaction(caller, async |connection| {
            let mut account = take(connection, caller, input.id).await?;
            let before = account.shown();
            if let Some(name) = &name {
                account.user.display_name.clone_from(name);
                store::update(connection, &account.user, domain.now()).await?;
            }
            if let Some(role_ids) = &input.role_ids {
                account.roles = grantable_roles(connection, caller, role_ids).await?;
                roles::replace_of_user(connection, caller.tenant_id, input.id, role_ids).await?;
                require_governed(connection, caller).await?;
                let change = AccessChange::of_user(caller.tenant_id, input.id);
                access_changed(connection, domain, caller, change).await?;
            }
            outbox::append(connection, caller, &UserUpdated::of(&account.user)).await?;
            note(connection, caller, "user.update", input.id, Some(before), Some(account.shown())).await?;
            Ok(account.user)
        })
        .await
}

/// Changes the caller's own name.
pub async fn update_profile(
    domain: &IdentityDomain,
    caller: &Caller,
    display_name: &str,
) -> Result<User, IdentityError> {
    let id = caller.user_id().ok_or(CommonError::Unauthenticated)?;
    let name = checked_name(Some(display_name))?.unwrap_or_default();
    domain
        .database
        .transaction(caller, async |connection| {
            let user = store::lock(connection, caller.tenant_id, id).await?;
            let mut account = Account { user: user.ok_or(CommonError::NotFound { what: "user" })?, roles: Vec::new() };
            let before = account.user.display_name.clone();
            account.user.display_name.clone_from(&name);
            store::update(connection, &account.user, domain.now()).await?;
            outbox::append(connection, caller, &UserUpdated::of(&account.user)).await?;
            let shown = |name: &str| Some(serde_json::json!({ "displayName": name }));
            note(connection, caller, "user.update-profile", id, shown(&before), shown(&name)).await?;
            Ok(account.user)
        })
        .await
}

fn checked_name(name: Option<&str>) -> Result<Option<String>, CommonError> {
    let Some(name) = name else { return Ok(None) };
    let mut validation = Validation::new();
    check_display_name(name, "displayName", &mut validation);
    validation.finish()?;
    Ok(Some(name.trim().to_owned()))
}
