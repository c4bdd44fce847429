//! A private PostgreSQL cluster, made and supervised under one folder of the platform's own.
//!
//! The server listens on a Unix socket only, in a directory closed to other accounts. The application connects as a role
//! that owns its databases but is no superuser, so that row-level security binds it.

mod account;
mod admin;
mod binaries;
mod cluster;
mod error;
mod layout;
mod postmaster;
mod remnants;
mod supervisor;

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{sync::watch, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::{account::Account, layout::Layout, postmaster::Launch, supervisor::Supervisor};
pub use crate::{admin::APPLICATION_ROLE, error::Error, supervisor::State};

/// How a private cluster is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that holds the cluster, its socket and its log. Its parents must be passable (`o+x`) when we are root.
    pub data_dir: PathBuf,
    /// The directory with `initdb` and `postgres`; found by `CLOUDPHONE_POSTGRES_BIN`, `PATH` and the usual places when absent.
    pub binaries: Option<PathBuf>,
    /// How many connections the server accepts.
    pub max_connections: u16,
    /// The size of the server's page cache.
    pub shared_buffers_mb: u32,
    /// How long a start may take, recovery after a crash included.
    pub start_timeout: Duration,
    /// How long a fast shutdown may take before the server is ended harshly.
    pub stop_timeout: Duration,
}

impl Options {
    /// The defaults for a cluster under `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            binaries: None,
            max_connections: 200,
            shared_buffers_mb: 128,
            start_timeout: Duration::from_mins(2),
            stop_timeout: Duration::from_secs(20),
        }
    }
}

/// A running private cluster. Call [`stop`](Self::stop) for a graceful end; dropping it stops the server without waiting.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    layout: Layout,
    state: watch::Receiver<State>,
    stop: CancellationToken,
}

impl EmbeddedPostgres {
    /// Makes the cluster unless it exists, starts the server and supervises it.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let (launch, lock) =
            spawn_blocking(move || prepare(options)).await.expect("preparing a cluster does not panic")?;
        let launch = Arc::new(launch);
        let postmaster = launch.start().await?;
        let layout = launch.layout.clone();
        admin::ensure_role(&layout.socket).await?;
        let pid = postmaster.pid().unwrap_or_default();
        let (sender, state) = watch::channel(State::Running { pid, restarts: 0 });
        let stop = CancellationToken::new();
        tokio::spawn(Supervisor { launch, state: sender, stop: stop.clone(), lock }.run(postmaster));
        Ok(Self { layout, state, stop })
    }

    /// The cluster in a folder that another process runs, if it answers; it goes on when the answer is dropped.
    pub async fn running(data_dir: impl AsRef<Path>) -> Option<RunningCluster> {
        let socket = Layout::socket_of(data_dir.as_ref())?;
        admin::ping(&socket).await.ok().map(|()| RunningCluster { socket })
    }

    /// The address of a database for the application's role, over the Unix socket.
    pub fn url(&self, database: &str) -> String {
        url(&self.layout.socket, database)
    }

    /// Makes a database that belongs to the application's role, unless it exists.
    pub async fn ensure_database(&self, name: &str) -> Result<(), Error> {
        admin::ensure_database(&self.layout.socket, name).await
    }

    /// What the supervisor knows.
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// The supervisor's knowledge as it changes.
    pub fn watch(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Asks the server for an answer.
    pub async fn health(&self) -> Result<(), Error> {
        admin::ping(&self.layout.socket).await
    }

    /// Shuts the server down and waits until it is.
    pub async fn stop(&self) {
        self.stop.cancel();
        // An error means that the supervisor is gone, and the server with it.
        let _ = self.state.clone().wait_for(|state| *state == State::Stopped).await;
    }
}

impl Drop for EmbeddedPostgres {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A cluster that another process owns; only the owner may start and stop it.
#[derive(Clone, Debug)]
pub struct RunningCluster {
    socket: PathBuf,
}

impl RunningCluster {
    /// The address of a database for the application's role, over the Unix socket.
    pub fn url(&self, database: &str) -> String {
        url(&self.socket, database)
    }
}

fn url(socket: &Path, database: &str) -> String {
    format!("postgres://{APPLICATION_ROLE}@{}/{database}", percent_encode(socket))
}

/// Takes the folder, finds account and binaries, and makes the cluster when there is none.
fn prepare(options: Options) -> Result<(Launch, std::fs::File), Error> {
    let (layout, lock) = Layout::claim(&options.data_dir)?;
    let major = cluster::existing_major(&layout.cluster)?;
    let binaries = binaries::find(options.binaries.as_deref(), major.map(|major| (major, layout.cluster.as_path())))?;
    let account = Account::for_cluster(&layout.cluster)?;
    account.check_traversable(&layout.root)?;
    cluster::remove_unfinished(&layout);
    if major.is_none() {
        cluster::initialise(&layout, &account, &binaries)?;
    }
    Ok((Launch { layout, account, binaries, options }, lock))
}

/// Encodes a path as the host part of a URL.
fn percent_encode(path: &Path) -> String {
    use std::fmt::Write;
    path.as_os_str().as_bytes().iter().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(char::from(*byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
        encoded
    })
}
