//! A temporary folder that the unprivileged account of an embedded PostgreSQL may pass through.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

/// Makes one; it goes when it is dropped.
pub fn temporary() -> anyhow::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("cloudphone-bench-").tempdir()?;
    set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    Ok(folder)
}
