//! Makes and checks the cluster's files: `initdb`, access rules and settings.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    Options,
    account::Account,
    binaries::Binaries,
    error::{Error, io_error},
    layout::Layout,
};

/// The role that `initdb` makes; only this crate uses it.
pub(crate) const SUPERUSER: &str = "postgres";

/// Directories of initialisations; one that is still there at a start was interrupted.
const UNFINISHED_PREFIX: &str = "cluster.unfinished-";

/// The socket directory's permissions are the door, see `Layout::prepare_socket_directory`.
const ACCESS_RULES: &str = "# Written by cloudphone. The only way in is the Unix socket, in a directory closed to other accounts.\n\
    local all all trust\nlocal replication all trust\n";

/// PostgreSQL reads these in order, so an operator's file has the last word.
const MAIN_CONFIGURATION: &str = "# Written by cloudphone. Own settings belong into local.conf, which has the last word.\n\
    include 'cloudphone.conf'\ninclude_if_exists 'local.conf'\n";

/// The major version of an existing cluster; `None` when there is none yet.
pub(crate) fn existing_major(cluster: &Path) -> Result<Option<u32>, Error> {
    let mut entries = match fs::read_dir(cluster) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error("read", cluster)(error)),
    };
    if entries.next().is_none() {
        return Err(damaged(cluster, "the directory is empty"));
    }
    let Ok(version) = fs::read_to_string(cluster.join("PG_VERSION")) else {
        return Err(damaged(cluster, "PG_VERSION is missing or unreadable"));
    };
    let major = version.trim().parse().map_err(|_| damaged(cluster, "PG_VERSION holds no version number"))?;
    for needed in ["global/pg_control", "base", "pg_wal"] {
        if !cluster.join(needed).exists() {
            return Err(damaged(cluster, &format!("{needed} is missing")));
        }
    }
    Ok(Some(major))
}

fn damaged(cluster: &Path, reason: &str) -> Error {
    Error::Damaged { path: cluster.to_path_buf(), reason: reason.to_owned() }
}

/// Makes a new cluster beside its final place and moves it there whole, so that an interruption leaves none at all.
pub(crate) fn initialise(layout: &Layout, account: &Account, binaries: &Binaries) -> Result<(), Error> {
    let unfinished = layout.root.join(format!("{UNFINISHED_PREFIX}{}", std::process::id()));
    account.own_directory(&unfinished)?;
    let mut command = server_command(&binaries.initdb(), account);
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .args(["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--auth=trust", "--no-instructions"])
        .arg(format!("--username={SUPERUSER}"))
        .current_dir(&unfinished);
    let output = command.output().map_err(io_error("run", binaries.initdb()))?;
    if !output.status.success() {
        let detail = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::ProgramFailed { program: "initdb", detail });
    }
    write(&unfinished.join("pg_hba.conf"), ACCESS_RULES)?;
    write(&unfinished.join("postgresql.conf"), MAIN_CONFIGURATION)?;
    write(&unfinished.join("local.conf"), "# Your own settings; they override those in cloudphone.conf.\n")?;
    fs::rename(&unfinished, &layout.cluster).map_err(io_error("move into place", &layout.cluster))?;
    sync_directory(&layout.root)
}

/// Removes what interrupted initialisations left.
pub(crate) fn remove_unfinished(layout: &Layout) {
    let Ok(entries) = fs::read_dir(&layout.root) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED_PREFIX)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "an interrupted initialisation could not be removed");
        }
    }
}

/// Writes the settings of this version of the program; they follow it from release to release.
pub(crate) fn write_settings(layout: &Layout, options: &Options) -> Result<(), Error> {
    let settings = format!(
        "# Rewritten at every start by cloudphone. Own settings belong into local.conf.\n\
         max_connections = {connections}\n\
         shared_buffers = {buffers}MB\n\
         effective_cache_size = {cache}MB\n\
         work_mem = 8MB\n\
         maintenance_work_mem = 64MB\n\
         # Parallel workers share /dev/shm, which containers keep small.\n\
         max_parallel_workers_per_gather = 0\n\
         max_parallel_maintenance_workers = 0\n\
         jit = off\n\
         # What is acknowledged survives a power cut.\n\
         fsync = on\n\
         synchronous_commit = on\n\
         full_page_writes = on\n\
         wal_compression = on\n\
         max_wal_size = 1GB\n\
         random_page_cost = 1.1\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         log_line_prefix = '%m [%p] %q%u@%d '\n\
         lc_messages = 'C'\n",
        connections = options.max_connections,
        buffers = options.shared_buffers_mb,
        cache = options.shared_buffers_mb.saturating_mul(4),
    );
    write(&layout.cluster.join("cloudphone.conf"), &settings)
}

/// A PostgreSQL program with a clean environment, as the unprivileged account.
pub(crate) fn server_command(program: &Path, account: &Account) -> Command {
    let mut command = Command::new(program);
    command.env_clear().envs([("LC_ALL", "C.UTF-8"), ("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TZ", "UTC")]);
    command.stdin(Stdio::null());
    account.apply(&mut command);
    command
}

fn write(path: &Path, content: &str) -> Result<(), Error> {
    fs::write(path, content).map_err(io_error("write", path))?;
    // Root writes it into a directory closed to others; the account must be able to read it whatever our umask is.
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).map_err(io_error("open for reading", path))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(io_error("sync", path))
}

fn sync_directory(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(io_error("sync", path))
}
