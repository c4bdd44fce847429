//! The unprivileged account that runs PostgreSQL, which refuses to run as root.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
    process::Command,
};

use crate::error::{Error, io_error};

/// Who runs the server: another account when we are root, ourselves otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub name: String,
    pub user: u32,
    pub group: u32,
    /// Whether children must change to this account, which only root can do.
    changes_identity: bool,
}

impl Account {
    /// The account for a cluster: its owner when it exists, the usual one when it is yet to be made.
    pub fn for_cluster(cluster: &Path) -> Result<Self, Error> {
        let own = rustix::process::geteuid().as_raw();
        let owner = fs::metadata(cluster).ok().map(|metadata| (metadata.uid(), metadata.gid()));
        if own != 0 {
            if let Some((user, _)) = owner.filter(|(user, _)| *user != own) {
                return Err(Error::NotOwner { path: cluster.to_path_buf(), owner: user });
            }
            let group = rustix::process::getegid().as_raw();
            return Ok(Self { name: own.to_string(), user: own, group, changes_identity: false });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        // An existing cluster keeps its owner, even when a better account was installed meanwhile.
        if let Some((user, group)) = owner.filter(|(user, _)| *user != 0) {
            let name =
                entries(&passwd).find(|entry| entry.user == user).map_or_else(|| user.to_string(), |entry| entry.name);
            return Ok(Self { name, user, group, changes_identity: true });
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| entries(&passwd).find(|entry| entry.name == *name))
            .ok_or(Error::NoAccount)
    }

    /// Makes a child run as this account.
    pub fn apply(&self, command: &mut Command) {
        use std::os::unix::process::CommandExt;
        if self.changes_identity {
            // With a user id set, the standard library also drops root's supplementary groups.
            command.uid(self.user).gid(self.group);
        }
    }

    /// Makes `path` a directory of this account that nobody else may enter.
    pub fn own_directory(&self, path: &Path) -> Result<(), Error> {
        match fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io_error("create", path)(error)),
            _ => {}
        }
        if self.changes_identity {
            chown(path, Some(self.user), Some(self.group)).map_err(io_error("change the owner of", path))?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io_error("restrict", path))
    }

    /// Whether `path` is a real directory of this account with mode 0700.
    pub fn owns_privately(&self, path: &Path) -> bool {
        fs::symlink_metadata(path)
            .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == self.user && metadata.mode() & 0o777 == 0o700)
    }

    /// Checks that the account can reach `path` through all its parents.
    pub fn check_traversable(&self, path: &Path) -> Result<(), Error> {
        if !self.changes_identity {
            return Ok(());
        }
        for directory in path.ancestors() {
            let metadata = fs::metadata(directory).map_err(io_error("look at", directory))?;
            let shift = if metadata.uid() == self.user {
                6
            } else if metadata.gid() == self.group {
                3
            } else {
                0
            };
            if metadata.mode() >> shift & 1 == 0 {
                return Err(Error::NotTraversable { path: directory.to_path_buf(), account: self.name.clone() });
            }
        }
        Ok(())
    }
}

/// The accounts of a passwd file, as accounts to change to.
fn entries(passwd: &str) -> impl Iterator<Item = Account> + '_ {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password, user, group) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        Some(Account {
            name: name.to_owned(),
            user: user.parse().ok()?,
            group: group.parse().ok()?,
            changes_identity: true,
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn accounts_are_read_from_the_passwd_file_and_broken_lines_are_passed_over() {
        let accounts: Vec<Account> =
            entries("root:x:0:0:root:/root:/bin/bash\nbroken\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n")
                .collect();
        assert_eq!(accounts.len(), 2);
        assert_eq!((accounts[1].name.as_str(), accounts[1].user, accounts[1].group), ("postgres", 101, 104));
    }

    #[test]
    fn a_parent_that_the_account_may_not_pass_is_named() {
        let closed = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap();
        let account = Account { name: "somebody".into(), user: 4_000_001, group: 4_000_001, changes_identity: true };
        let error = account.check_traversable(closed.path()).unwrap_err().to_string();
        assert!(error.contains("chmod o+x"), "{error}");
        fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o711)).unwrap();
        account.check_traversable(closed.path()).unwrap();
    }
}
