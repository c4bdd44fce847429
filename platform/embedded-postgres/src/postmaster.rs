//! One run of the server process, from start to ready to stop.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};

use crate::{
    Options,
    account::Account,
    admin,
    binaries::Binaries,
    cluster,
    error::{Error, io_error},
    layout::Layout,
    remnants,
};

/// How often a starting server is looked at; it takes some 50 ms.
const POLL: Duration = Duration::from_millis(10);

/// A log that grew beyond this is put aside at the next start.
const LOG_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// How much of the log an error quotes.
const LOG_TAIL_BYTES: u64 = 2_000;

/// All that is needed to start the server, again and again.
#[derive(Debug)]
pub(crate) struct Launch {
    pub layout: Layout,
    pub account: Account,
    pub binaries: Binaries,
    pub options: Options,
}

/// A running server process. Dropped while running, it is told to shut down.
#[derive(Debug)]
pub(crate) struct Postmaster {
    child: Child,
}

impl Launch {
    /// Starts the server and waits until it answers.
    pub async fn start(self: &Arc<Self>) -> Result<Postmaster, Error> {
        let launch = Arc::clone(self);
        let (mut postmaster, log_start) =
            spawn_blocking(move || launch.spawn()).await.expect("starting a process does not panic")?;
        let deadline = Instant::now() + self.options.start_timeout;
        loop {
            if let Ok(Some(status)) = postmaster.child.try_wait() {
                return Err(self.did_not_start(&format!("it ended with {status}"), log_start));
            }
            // Connecting before the socket exists only makes noise.
            if self.is_listening() && admin::ping(&self.layout.socket).await.is_ok() {
                return Ok(postmaster);
            }
            if Instant::now() >= deadline {
                return Err(self.did_not_start("it was not ready in time", log_start));
            }
            sleep(POLL).await;
        }
    }

    fn is_listening(&self) -> bool {
        let status = fs::read_to_string(self.layout.cluster.join("postmaster.pid")).unwrap_or_default();
        status.lines().nth(7).is_some_and(|line| line.trim() == "ready")
    }

    /// Starts the process; answers with where its part of the log begins.
    fn spawn(&self) -> Result<(Postmaster, u64), Error> {
        remnants::clear(&self.layout)?;
        self.layout.prepare_socket_directory(&self.account)?;
        cluster::write_settings(&self.layout, &self.options)?;
        let log = self.open_log()?;
        let log_start = log.metadata().map_or(0, |metadata| metadata.len());
        let errors = log.try_clone().map_err(io_error("open", &self.layout.log))?;
        let mut command = cluster::server_command(&self.binaries.postgres(), &self.account);
        command
            .arg("-D")
            .arg(&self.layout.cluster)
            .arg("-k")
            .arg(&self.layout.socket)
            .args(["-h", "", "-c", "unix_socket_permissions=0700", "-c", "logging_collector=off"])
            .current_dir(&self.layout.cluster)
            .stdout(Stdio::from(log))
            .stderr(Stdio::from(errors))
            // Ctrl-C on the terminal is ours to handle: the server stops after everything that uses it.
            .process_group(0);
        let child = Command::from(command).spawn().map_err(io_error("run", self.binaries.postgres()))?;
        Ok((Postmaster { child }, log_start))
    }

    fn open_log(&self) -> Result<File, Error> {
        let path = &self.layout.log;
        if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_LIMIT_BYTES) {
            fs::rename(path, path.with_extension("log.1")).map_err(io_error("put aside", path))?;
        }
        OpenOptions::new().create(true).append(true).open(path).map_err(io_error("open", path))
    }

    fn did_not_start(&self, detail: &str, log_start: u64) -> Error {
        let mut log = String::new();
        if let Ok(mut file) = File::open(&self.layout.log) {
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            let from = log_start.max(length.saturating_sub(LOG_TAIL_BYTES));
            // Without its log the error is poorer but still true.
            let _ = file.seek(SeekFrom::Start(from)).and_then(|_| file.read_to_string(&mut log));
        }
        Error::DidNotStart { detail: detail.to_owned(), log: log.trim().to_owned() }
    }
}

impl Postmaster {
    /// Waits until the process ends by itself.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// The process id while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Shuts down fast: connections are closed, a checkpoint is written. Falls back to harsher signals.
    pub async fn stop(mut self, patience: Duration) -> Option<ExitStatus> {
        for (signal, patience) in
            [(Signal::INT, patience), (Signal::QUIT, Duration::from_secs(5)), (Signal::KILL, Duration::from_secs(5))]
        {
            self.signal(signal);
            if let Ok(Ok(status)) = timeout(patience, self.child.wait()).await {
                return Some(status);
            }
            tracing::warn!(?signal, "PostgreSQL did not stop in time");
        }
        None
    }

    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // The id is ours until the child is waited for; it may only have ended already.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.signal(Signal::INT);
    }
}
