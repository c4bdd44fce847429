//! Small records as JSON files that are replaced atomically.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// Writes a record so that after a crash either the old one or the new one is there. The caller syncs the directory.
pub(crate) fn replace<T: Serialize>(temporary: &Path, path: &Path, record: &T) -> io::Result<()> {
    let draft = temporary.join(Uuid::new_v4().simple().to_string());
    let written = write_synced(&draft, record).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The draft is of no use; a start clears what stays here.
        let _ = fs::remove_file(&draft);
    }
    written
}

fn write_synced<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(&serde_json::to_vec(record)?)?;
    file.sync_all()
}

/// Reads a record.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Makes renames and removals in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes a directory durably unless it exists.
pub(crate) fn ensure_directory(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_directory),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes a file; its absence is fine.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The paths in a directory.
pub(crate) fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect()
}
