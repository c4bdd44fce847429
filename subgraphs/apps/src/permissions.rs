//! The permissions that this domain checks.

use cloudphone_core::Permission;

/// See applications, uploads and installations, and download.
pub const APP_READ: Permission = Permission::new("app:read");
/// Upload packages.
pub const APP_UPLOAD: Permission = Permission::new("app:upload");
/// Bring applications onto devices and off them again.
pub const APP_INSTALL: Permission = Permission::new("app:install");
/// Take applications out of the catalogue.
pub const APP_DELETE: Permission = Permission::new("app:delete");
