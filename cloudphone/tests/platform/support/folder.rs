//! A temporary folder that PostgreSQL's account may pass through when the test runs as root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Gone with everything in it when dropped.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        let permissions = fs::Permissions::from_mode(0o755);
        Self(tempfile::Builder::new().prefix("cloudphone-test-").permissions(permissions).tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}
