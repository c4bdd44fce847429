//! What can go wrong outside of S3 requests, each with the way out.

use std::{io, path::PathBuf};

use thiserror::Error as ThisError;

/// Why the store cannot be opened or kept.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// Another live process has the store open.
    #[error("The object store in {path} is in use by another process. Stop that one first, or choose another folder.")]
    InUse {
        /// The store's folder.
        path: PathBuf,
    },
    /// The folder was written by another version of the program.
    #[error(
        "The object store in {path} has format {found}, this program reads format {known}; use the program that wrote it."
    )]
    UnknownFormat {
        /// The store's folder.
        path: PathBuf,
        /// What the folder says.
        found: String,
        /// What this program reads.
        known: u32,
    },
    /// A bucket could not be made.
    #[error("The bucket `{name}` could not be made: {reason}")]
    Bucket {
        /// Its name.
        name: String,
        /// The cause.
        reason: String,
    },
    /// Abandoned uploads could not be removed.
    #[error("Abandoned uploads could not be removed: {0}")]
    Sweep(String),
    /// An origin that is no header value.
    #[error("`{0}` is not an origin; write it like https://console.example.com.")]
    InvalidOrigin(String),
    /// The file system refused something.
    #[error("Could not {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Names the action and the path of a failed file operation.
pub(crate) fn io_error(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    move |source| Error::Io { action, path, source }
}
