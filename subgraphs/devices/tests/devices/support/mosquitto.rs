//! A broker that knows nothing of the platform.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rumqttc::MqttOptions;

use super::eventually;

/// A Mosquitto that lets everybody in.
pub struct Mosquitto {
    port: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Mosquitto {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Root would change to an account of its own that may not read here.
        let rules = format!("listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 10000\n");
        let configuration = folder.path().join("mosquitto.conf");
        std::fs::write(&configuration, rules).unwrap();
        let outside = "/usr/sbin/mosquitto";
        let mut command = Command::new(if std::fs::exists(outside).unwrap() { outside } else { "mosquitto" });
        command.arg("-c").arg(configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("the Debian package `mosquitto` is installed");
        eventually("mosquitto listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok())
            .await;
        Self { port, child, _folder: folder }
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// How anybody connects.
    pub fn options(&self, client_id: &str) -> MqttOptions {
        MqttOptions::new(client_id, "127.0.0.1", self.port)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
