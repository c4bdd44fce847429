//! Where a private cluster keeps its things, and the lock that makes one process its owner.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    process,
};

use sha2::{Digest, Sha256};

use crate::{
    account::Account,
    error::{Error, io_error},
};

/// The longest socket path Linux accepts is 107 bytes (`sun_path` without its NUL); PostgreSQL's file name takes these.
const SOCKET_DIRECTORY_LIMIT: usize = 107 - "/.s.PGSQL.5432.lock".len();

/// The files of one private cluster.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The whole folder, passable for PostgreSQL's account.
    pub root: PathBuf,
    /// PostgreSQL's data directory.
    pub cluster: PathBuf,
    /// The server's own log.
    pub log: PathBuf,
    /// The directory of the Unix socket.
    pub socket: PathBuf,
}

impl Layout {
    /// Makes the folder and takes its lock, which lives as long as the returned file.
    pub fn claim(root: &Path) -> Result<(Self, File), Error> {
        fs::create_dir_all(root).map_err(io_error("create", root))?;
        let root = fs::canonicalize(root).map_err(io_error("resolve", root))?;
        let lock = lock(&root)?;
        // The server's account must pass through to its own directories, which are closed to all others.
        fs::set_permissions(&root, fs::Permissions::from_mode(0o711))
            .map_err(io_error("open the way through", &root))?;
        let layout = Self {
            cluster: root.join("cluster"),
            log: root.join("postgres.log"),
            socket: socket_directory(&root),
            root,
        };
        Ok((layout, lock))
    }

    /// Where the server of a folder listens; `None` when there is no such folder.
    pub fn socket_of(root: &Path) -> Option<PathBuf> {
        fs::canonicalize(root).ok().map(|root| socket_directory(&root))
    }

    /// Makes the socket directory. Whoever may enter it may connect as any role, so it must be the account's alone:
    /// those who pass can read the data files anyway, so a password would add nothing.
    pub fn prepare_socket_directory(&self, account: &Account) -> Result<(), Error> {
        let inside = self.socket.starts_with(&self.root);
        if !inside && self.socket.symlink_metadata().is_ok() && !account.owns_privately(&self.socket) {
            // Others can write to /tmp: what lies there already is not to be trusted.
            return Err(Error::ForeignSocketDirectory { path: self.socket.clone() });
        }
        account.own_directory(&self.socket)
    }
}

/// The folder's `run`, or a short directory under `/tmp` when that path is too long or would need quoting.
fn socket_directory(root: &Path) -> PathBuf {
    let natural = root.join("run");
    let bytes = natural.as_os_str().as_bytes();
    let plain = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(byte));
    if plain && bytes.len() <= SOCKET_DIRECTORY_LIMIT {
        return natural;
    }
    let digest = hex::encode(Sha256::digest(root.as_os_str().as_bytes()));
    PathBuf::from(format!("/tmp/cloudphone-pg-{}", &digest[..16]))
}

fn lock(root: &Path) -> Result<File, Error> {
    let path = root.join("lock");
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .map_err(io_error("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The holder's note only enriches the message.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim();
            let holder = if holder.is_empty() { "unknown".to_owned() } else { format!("pid {holder}") };
            return Err(Error::InUse { path: root.to_path_buf(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(io_error("lock", path)(error)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", process::id()))
        .map_err(io_error("write", path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_deep_or_odd_folder_gets_a_short_socket_directory_of_its_own() {
        assert_eq!(socket_directory(Path::new("/srv/cloudphone/postgres")), Path::new("/srv/cloudphone/postgres/run"));
        let deep = socket_directory(Path::new(&format!("/{}", "d".repeat(200))));
        assert!(deep.starts_with("/tmp") && deep.as_os_str().len() <= SOCKET_DIRECTORY_LIMIT);
        let odd = socket_directory(Path::new("/srv/a,b"));
        assert!(odd.starts_with("/tmp"));
        assert_ne!(deep, odd);
    }

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (_, first) = Layout::claim(folder.path()).unwrap();
        let error = Layout::claim(folder.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("pid {}", process::id())), "{error}");
        drop(first);
        Layout::claim(folder.path()).unwrap();
    }
}
