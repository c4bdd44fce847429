//! A Redis server of the test's own.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The longest that it may take to start, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Redis behind a Unix socket in a folder of its own, without persistence, so that a restart forgets everything. Dropping it ends it.
pub struct RedisServer {
    process: Child,
    socket: PathBuf,
    _folder: TempDir,
}

impl RedisServer {
    /// Starts it, and waits until it takes connections.
    ///
    /// # Panics
    /// When redis-server is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for temporary files can be made");
        let socket = folder.path().join("redis.sock");
        Self { process: spawn(&socket), socket, _folder: folder }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }

    /// Ends it at once, with all that it remembers.
    pub fn kill(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Has it take connections and say nothing, until it goes on.
    ///
    /// # Panics
    /// When it is not running.
    pub fn hang(&self) {
        self.signal(Signal::STOP);
    }

    /// Has it answer again, after it hung.
    ///
    /// # Panics
    /// When it is not running.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).expect("redis-server is running");
    }

    /// Starts it anew at the same place, after it was killed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        self.process = spawn(&self.socket);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(socket: &Path) -> Child {
    // A server that was killed leaves it behind.
    let _ = std::fs::remove_file(socket);
    let process = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(socket)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed (apt-get install redis-server)");
    let deadline = Instant::now() + PATIENCE;
    while UnixStream::connect(socket).is_err() {
        assert!(Instant::now() < deadline, "redis-server did not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    process
}
