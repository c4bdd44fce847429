//! The permissions that this domain checks.

use cloudphone_core::Permission;

/// See devices, their history and commands.
pub const DEVICE_READ: Permission = Permission::new("device:read");
/// Make devices.
pub const DEVICE_CREATE: Permission = Permission::new("device:create");
/// Rename, tag and group devices, and rotate their credentials.
pub const DEVICE_UPDATE: Permission = Permission::new("device:update");
/// Start, stop, reboot, pause and resume devices.
pub const DEVICE_OPERATE: Permission = Permission::new("device:operate");
/// Take devices down.
pub const DEVICE_DELETE: Permission = Permission::new("device:delete");
/// Send commands to devices.
pub const DEVICE_COMMAND: Permission = Permission::new("device:command");
/// See templates.
pub const TEMPLATE_READ: Permission = Permission::new("template:read");
/// Make and change templates.
pub const TEMPLATE_WRITE: Permission = Permission::new("template:write");
/// See measurements.
pub const TELEMETRY_READ: Permission = Permission::new("telemetry:read");
