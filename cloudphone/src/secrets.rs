//! Secrets that an installation makes for itself and keeps in its data folder.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use hmac::{Hmac, Mac as _};
use rand::RngCore as _;
use sha2::Sha256;

/// Bytes of a secret.
const LENGTH: usize = 32;

/// The secret of this name, made at the first call. Only the owner of the files can read it.
pub(crate) fn of_installation(data_dir: &Path, name: &str) -> anyhow::Result<String> {
    let folder = data_dir.join("secrets");
    // The data folder itself must stay passable, or the database's own account cannot reach its files.
    fs::create_dir_all(data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("cannot make {}", folder.display()));
        }
        _ => {}
    }
    let file = folder.join(name);
    if let Ok(secret) = fs::read_to_string(&file) {
        return Ok(secret.trim().to_owned());
    }
    let mut bytes = [0; LENGTH];
    rand::rng().fill_bytes(&mut bytes);
    let secret = hex::encode(bytes);
    // Written aside and renamed, so that a crash leaves no half of a secret behind.
    let draft = folder.join(format!("{name}.new"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut output = options.open(&draft).with_context(|| format!("cannot write {}", draft.display()))?;
    output.write_all(secret.as_bytes())?;
    output.sync_all()?;
    fs::rename(&draft, &file)?;
    Ok(secret)
}

/// A key for one purpose, derived from a secret (HMAC-SHA256 of the purpose).
pub(crate) fn derive(secret: &str, purpose: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(purpose.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = of_installation(folder.path(), "internal").unwrap();
        assert_eq!(first.len(), 2 * LENGTH);
        assert_eq!(of_installation(folder.path(), "internal").unwrap(), first);
        assert_ne!(derive(&first, "one"), derive(&first, "other"));
    }
}
