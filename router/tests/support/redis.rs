//! A Redis server of the test's own.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cloudphone_cache::Engine;

pub struct RedisServer {
    process: Child,
    folder: tempfile::TempDir,
}

impl RedisServer {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed (apt-get install redis-server)");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !socket.exists() {
            assert!(Instant::now() < deadline, "redis-server did not start");
            std::thread::yield_now();
        }
        Self { process, folder }
    }

    /// A connection of one replica.
    pub async fn engine(&self) -> Engine {
        let url = format!("redis+unix://{}", self.folder.path().join("redis.sock").display());
        Engine::redis(&url).await.unwrap()
    }

    pub fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
