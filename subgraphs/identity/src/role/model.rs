//! What a role is, and who may hand out what.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, Permission, PermissionSet, RoleId, TenantId, UserId, Validation};
use diesel::prelude::*;

use super::catalogue::{is_known, needs};
use crate::error::IdentityError;
use crate::schema::roles;

/// A set of permissions that users hold.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = roles, check_for_backend(diesel::pg::Pg))]
pub struct Role {
    /// The role's id.
    pub id: RoleId,
    /// The organisation that made it; absent for built-in roles.
    pub tenant_id: Option<TenantId>,
    /// The name that people see.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The spelled permissions.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Role {
    /// Whether the role came with the platform and cannot be changed.
    pub fn is_built_in(&self) -> bool {
        self.tenant_id.is_none()
    }

    /// What holders of the role may do.
    pub fn permission_set(&self) -> PermissionSet {
        permission_set(&self.permissions)
    }
}

/// Reads stored permissions; what does not parse grants nothing.
pub fn permission_set<'a>(names: impl IntoIterator<Item = &'a String>) -> PermissionSet {
    names.into_iter().filter_map(|name| Permission::parse(name)).collect()
}

/// Reads permissions from outside; each must mean something on this platform.
pub fn parse_permissions(names: &[String], path: &str, validation: &mut Validation) -> PermissionSet {
    let mut known = Vec::with_capacity(names.len());
    for name in names {
        match Permission::parse(name).filter(is_known) {
            Some(permission) => known.push(permission),
            None => validation.reject(path, "UNKNOWN_PERMISSION", format!("There is no permission `{name}`.")),
        }
    }
    known.into_iter().collect()
}

/// Nobody hands out, takes away or governs more than they hold themselves.
pub fn require_within(caller: &Caller, permissions: &PermissionSet) -> Result<(), IdentityError> {
    match permissions.iter().find(|permission| !caller.may(permission)) {
        Some(missing) => Err(IdentityError::BeyondOwnPermissions { permission: missing.to_string() }),
        None => Ok(()),
    }
}

/// Whether a set of permissions suffices to govern an organisation: to manage its people and their roles.
pub fn governs(permissions: &PermissionSet) -> bool {
    [needs::USER_CREATE, needs::USER_UPDATE, needs::ROLE_WRITE].iter().all(|needed| permissions.allows(needed))
}

/// An organisation must keep an active person who governs it, by one role or by several together.
///
/// `held` names active people, each with the permissions of one of their roles.
pub fn require_governor(held: &[(UserId, Vec<String>)]) -> Result<(), IdentityError> {
    let mut by_person = HashMap::<UserId, Vec<&String>>::new();
    for (person, permissions) in held {
        by_person.entry(*person).or_default().extend(permissions);
    }
    let governed = by_person.into_values().any(|permissions| governs(&permission_set(permissions)));
    if governed { Ok(()) } else { Err(IdentityError::LastAdministrator) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::catalogue::{
        AUDITOR, BUILT_IN, MEMBER, OPERATOR, PERMISSIONS, SUPER_ADMIN, SUPPORT, TENANT_ADMIN,
    };
    use super::*;
    use std::sync::Arc;

    fn of_built_in(role: RoleId) -> PermissionSet {
        let role = BUILT_IN.iter().find(|built_in| built_in.id == role).unwrap();
        (role.permissions)().into_iter().map(Permission::new).collect()
    }

    fn caller(role: RoleId) -> Caller {
        Caller { permissions: Arc::new(of_built_in(role)), ..Caller::service("test", TenantId::new()) }
    }

    #[test]
    fn nobody_hands_out_more_than_they_hold() {
        for lesser in [TENANT_ADMIN, OPERATOR, MEMBER, SUPPORT, AUDITOR] {
            assert!(require_within(&caller(TENANT_ADMIN), &of_built_in(lesser)).is_ok());
        }
        assert!(require_within(&caller(TENANT_ADMIN), &of_built_in(SUPER_ADMIN)).is_err());
        assert!(require_within(&caller(OPERATOR), &of_built_in(TENANT_ADMIN)).is_err());
        assert!(require_within(&caller(SUPER_ADMIN), &of_built_in(TENANT_ADMIN)).is_ok());
    }

    #[test]
    fn only_known_permissions_and_their_wildcards_are_read() {
        let mut validation = Validation::new();
        let names = ["device:*", "user:read", "*:*"].map(str::to_owned);
        parse_permissions(&names, "permissions", &mut validation);
        assert!(validation.finish().is_ok());
        for wrong in ["device", "device:fly", "moon:read", "moon:*"] {
            let mut validation = Validation::new();
            assert_eq!(
                parse_permissions(&[wrong.to_owned()], "permissions", &mut validation),
                PermissionSet::default()
            );
            assert!(validation.finish().is_err(), "{wrong}");
        }
    }

    #[test]
    fn built_in_roles_hold_known_permissions_under_distinct_ids() {
        let mut ids: Vec<_> = BUILT_IN.iter().map(|role| role.id).collect();
        ids.dedup();
        assert_eq!(ids.len(), BUILT_IN.len());
        for role in BUILT_IN {
            for name in (role.permissions)() {
                assert!(is_known(&Permission::new(name)), "{name} of {}", role.name);
            }
        }
        for permission in PERMISSIONS {
            let allowed = of_built_in(TENANT_ADMIN).allows(&Permission::new(permission.name));
            let of_the_platform = ["router:inspect", "router:operate", "tenant:write"].contains(&permission.name);
            assert_eq!(allowed, !of_the_platform, "{}", permission.name);
        }
        assert!(of_built_in(AUDITOR).iter().all(|permission| permission.as_str().ends_with(":read")));
    }

    #[test]
    fn two_roles_together_may_govern() {
        let person = UserId::new();
        let role = |names: &[&str]| (person, names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(require_governor(&[]).is_err());
        assert!(require_governor(&[role(&["user:create", "user:update"])]).is_err());
        assert!(require_governor(&[role(&["user:create", "user:update"]), role(&["role:write"])]).is_ok());
    }
}
