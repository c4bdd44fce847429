//! Every permission of the platform with its meaning, and the roles that come with it.

use cloudphone_core::{Permission, PermissionSet, RoleId};
use uuid::Uuid;

/// A permission and what it allows.
#[derive(Clone, Copy, Debug)]
pub struct PermissionDescription {
    /// The spelled form, `resource:action`.
    pub name: &'static str,
    /// What it allows, in words.
    pub description: &'static str,
}

const fn allows(name: &'static str, description: &'static str) -> PermissionDescription {
    PermissionDescription { name, description }
}

/// All permissions, sorted by resource.
pub const PERMISSIONS: &[PermissionDescription] = &[
    allows("apikey:read", "See API keys and their last use"),
    allows("apikey:write", "Make and revoke API keys"),
    allows("app:delete", "Remove applications from the catalogue"),
    allows("app:install", "Install and uninstall applications on devices"),
    allows("app:read", "See the application catalogue and installations"),
    allows("app:upload", "Upload application packages"),
    allows("audit:read", "Read the audit log"),
    allows("device:command", "Send commands to devices"),
    allows("device:create", "Create devices"),
    allows("device:delete", "Delete devices"),
    allows("device:operate", "Start, stop, pause and restart devices"),
    allows("device:read", "See devices"),
    allows("device:update", "Rename, tag and group devices and renew their credentials"),
    allows("role:read", "See roles and their permissions"),
    allows("role:write", "Make, change and delete roles"),
    allows("router:inspect", "See the plans of operations; for operators of the platform"),
    allows("router:operate", "Set circuit breakers by hand; for operators of the platform"),
    allows("telemetry:read", "See telemetry of devices"),
    allows("template:read", "See device templates"),
    allows("template:write", "Make, change and delete device templates"),
    allows("tenant:read", "See the organisation's settings"),
    allows("tenant:write", "Create, change and suspend organisations; for operators of the platform"),
    allows("user:create", "Create accounts"),
    allows("user:delete", "Delete accounts"),
    allows("user:read", "See accounts with their addresses and roles"),
    allows("user:update", "Change, deactivate, activate and unlock accounts"),
];

/// The permissions that identity itself asks for.
pub mod needs {
    use cloudphone_core::Permission;

    macro_rules! permissions {
        ($($name:ident = $spelled:literal),+ $(,)?) => {
            $(#[doc = concat!("`", $spelled, "`")] pub const $name: Permission = Permission::new($spelled);)+
        };
    }

    permissions! {
        API_KEY_READ = "apikey:read",
        API_KEY_WRITE = "apikey:write",
        AUDIT_READ = "audit:read",
        ROLE_READ = "role:read",
        ROLE_WRITE = "role:write",
        TENANT_READ = "tenant:read",
        TENANT_WRITE = "tenant:write",
        USER_CREATE = "user:create",
        USER_DELETE = "user:delete",
        USER_READ = "user:read",
        USER_UPDATE = "user:update",
    }
}

/// A role that every organisation has and nobody can change.
pub struct BuiltInRole {
    /// The same on every installation.
    pub id: RoleId,
    /// The name that people see.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// What its holders may do.
    pub permissions: fn() -> Vec<&'static str>,
}

const fn id(number: u128) -> RoleId {
    // A fixed UUIDv8 (RFC 9562 §5.8) per built-in role.
    RoleId(Uuid::from_u128(0x0000_0000_0000_8000_8000_0000_0000_0000 | number))
}

/// Everything everywhere: operators of the platform.
pub const SUPER_ADMIN: RoleId = id(1);
/// Everything within one organisation.
pub const TENANT_ADMIN: RoleId = id(2);
/// Daily work with devices and applications.
pub const OPERATOR: RoleId = id(3);
/// Use of devices.
pub const MEMBER: RoleId = id(4);
/// Looking at everything in order to help.
pub const SUPPORT: RoleId = id(5);
/// Reading the audit log and what it speaks of.
pub const AUDITOR: RoleId = id(6);

/// The roles that come with the platform.
pub const BUILT_IN: &[BuiltInRole] = &[
    BuiltInRole {
        id: SUPER_ADMIN,
        name: "Super Admin",
        description: "Everything in every organisation",
        permissions: || vec!["*:*"],
    },
    BuiltInRole {
        id: TENANT_ADMIN,
        name: "Tenant Admin",
        description: "Everything within the organisation",
        permissions: || {
            vec![
                "apikey:*",
                "app:*",
                "audit:*",
                "device:*",
                "role:*",
                "telemetry:*",
                "template:*",
                "tenant:read",
                "user:*",
            ]
        },
    },
    BuiltInRole {
        id: OPERATOR,
        name: "Operator",
        description: "Runs devices, templates and applications",
        permissions: || vec!["app:*", "device:*", "telemetry:read", "template:*", "user:read"],
    },
    BuiltInRole {
        id: MEMBER,
        name: "Member",
        description: "Uses devices and installs applications",
        permissions: || {
            vec![
                "app:install",
                "app:read",
                "device:command",
                "device:create",
                "device:operate",
                "device:read",
                "telemetry:read",
                "template:read",
            ]
        },
    },
    BuiltInRole {
        id: SUPPORT,
        name: "Support",
        description: "Sees everything but the audit log in order to help",
        permissions: || names(|name| name.ends_with(":read") && name != "audit:read"),
    },
    BuiltInRole {
        id: AUDITOR,
        name: "Auditor",
        description: "Reads the audit log and everything that it speaks of",
        permissions: || names(|name| name.ends_with(":read")),
    },
];

fn names(wanted: impl Fn(&'static str) -> bool) -> Vec<&'static str> {
    PERMISSIONS.iter().map(|permission| permission.name).filter(|name| wanted(name)).collect()
}

/// Whether a permission, or its wildcard, means anything on this platform.
pub fn is_known(permission: &Permission) -> bool {
    PERMISSIONS.iter().any(|known| permission.covers(&Permission::new(known.name)))
}

/// The known permissions that a set allows, without wildcards.
pub fn held(permissions: &PermissionSet) -> Vec<&'static str> {
    names(|name| permissions.allows(&Permission::new(name)))
}
