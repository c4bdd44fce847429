//! What can go wrong with a private cluster, each with the way out.

use std::{io, path::PathBuf};

use thiserror::Error as ThisError;

/// Why the private PostgreSQL cluster cannot be used.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum Error {
    /// No usable PostgreSQL installation was found.
    #[error(
        "PostgreSQL 15 or newer is needed but `initdb` and `postgres` were not found (searched: {searched}). Install them with `apt-get install postgresql`, \
         or point CLOUDPHONE_POSTGRES_BIN at the directory that holds them."
    )]
    BinariesMissing {
        /// Where the search looked, in order.
        searched: String,
    },
    /// The cluster was made by another major version than any installed one.
    #[error(
        "The cluster in {path} was made by PostgreSQL {cluster}, but only {available} is installed. Install the matching server with \
         `apt-get install postgresql-{cluster}`, or move the data over with `pg_upgrade`."
    )]
    WrongMajor {
        /// The cluster's directory.
        path: PathBuf,
        /// The major version in `PG_VERSION`.
        cluster: u32,
        /// The major versions found.
        available: String,
    },
    /// The cluster's directory lacks what a cluster must have.
    #[error(
        "The PostgreSQL cluster in {path} is damaged: {reason}. Restore it from a backup, or move it away to start with an empty one."
    )]
    Damaged {
        /// The cluster's directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another live process owns the data directory.
    #[error(
        "The data directory {path} is in use by another process ({holder}). Stop that one first, or choose another data directory."
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// Who says to hold it.
        holder: String,
    },
    /// The account that runs PostgreSQL cannot reach the data directory.
    #[error(
        "PostgreSQL refuses to run as root and runs as `{account}` instead, which may not pass through {path}. \
         Allow it with `chmod o+x {path}`, or choose another data directory."
    )]
    NotTraversable {
        /// The directory in the way.
        path: PathBuf,
        /// The account's name.
        account: String,
    },
    /// The cluster belongs to somebody else.
    #[error("The cluster in {path} belongs to user id {owner}; start the program as that user or as root.")]
    NotOwner {
        /// The cluster's directory.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
    },
    /// The machine has no account that PostgreSQL could run as.
    #[error(
        "PostgreSQL refuses to run as root, and neither `postgres` nor `nobody` is in /etc/passwd. Create one with `adduser --system postgres`."
    )]
    NoAccount,
    /// The directory for the socket cannot be trusted.
    #[error(
        "The socket directory {path} exists but does not belong to PostgreSQL's account with mode 0700; remove it and start again."
    )]
    ForeignSocketDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// A PostgreSQL program failed.
    #[error("`{program}` failed: {detail}")]
    ProgramFailed {
        /// The program's name.
        program: &'static str,
        /// What it said.
        detail: String,
    },
    /// The server did not become ready.
    #[error("PostgreSQL did not start: {detail}. Its log says: {log}")]
    DidNotStart {
        /// What was seen from outside.
        detail: String,
        /// The end of the server's log.
        log: String,
    },
    /// Processes of an earlier run do not go away.
    #[error("Processes of an earlier PostgreSQL on {path} do not end (pids {pids}); kill them and start again.")]
    Remnants {
        /// The cluster's directory.
        path: PathBuf,
        /// Their process ids.
        pids: String,
    },
    /// A database name that would need quoting.
    #[error(
        "`{0}` cannot be a database name: use lower-case letters, digits and underscores, a letter first, 63 at most."
    )]
    InvalidDatabaseName(String),
    /// The server refused a statement of ours.
    #[error("Could not {action}: {source}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The server did not answer in time.
    #[error("PostgreSQL did not answer in time while trying to {action}.")]
    Timeout {
        /// What was tried.
        action: &'static str,
    },
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
