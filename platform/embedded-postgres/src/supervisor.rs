//! Keeps the server running: notices its death and starts it again.

use std::{fs::File, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::postmaster::{Launch, Postmaster};

/// The first pause before a restart that failed is tried again; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause between tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A server that lived this long had started well.
const STABLE_AFTER: Duration = Duration::from_secs(30);

/// What the supervisor knows about the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The server runs.
    Running {
        /// Its process id.
        pid: u32,
        /// How often it had to be restarted so far.
        restarts: u64,
    },
    /// The server died and is being restarted.
    Restarting {
        /// Why it is down.
        reason: String,
    },
    /// The server was stopped on request.
    Stopped,
}

/// The task that owns the server process and the lock of its folder.
pub(crate) struct Supervisor {
    pub launch: Arc<Launch>,
    pub state: watch::Sender<State>,
    pub stop: CancellationToken,
    /// Held until the server is down.
    pub lock: File,
}

impl Supervisor {
    /// Runs until stopped.
    pub async fn run(self, postmaster: Postmaster) {
        let mut current = Some(postmaster);
        let mut restarts = 0;
        let mut pause = Duration::ZERO;
        while let Some(mut postmaster) = current.take() {
            let started = Instant::now();
            let reason = tokio::select! {
                () = self.stop.cancelled() => {
                    postmaster.stop(self.launch.options.stop_timeout).await;
                    break;
                }
                reason = postmaster.ended() => reason,
            };
            tracing::error!(%reason, "PostgreSQL died; restarting it");
            self.state.send_replace(State::Restarting { reason });
            if started.elapsed() > STABLE_AFTER {
                pause = Duration::ZERO;
            }
            current = self.restart(&mut pause).await;
            restarts += 1;
            if let Some(pid) = current.as_ref().and_then(Postmaster::pid) {
                tracing::info!(pid, restarts, "PostgreSQL runs again");
                self.state.send_replace(State::Running { pid, restarts });
            }
        }
        drop(self.lock);
        self.state.send_replace(State::Stopped);
    }

    /// Starts the server until it runs; `None` when told to stop meanwhile.
    async fn restart(&self, pause: &mut Duration) -> Option<Postmaster> {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = sleep(*pause) => {}
            }
            *pause = (*pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            // A start is brought to its end even when a stop is asked for, so that no half-started server is left behind.
            match self.launch.start().await {
                Ok(postmaster) => return Some(postmaster),
                Err(error) => {
                    tracing::error!(%error, "PostgreSQL could not be restarted");
                    self.state.send_replace(State::Restarting { reason: error.to_string() });
                }
            }
        }
    }
}
