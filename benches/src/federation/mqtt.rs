//! Publishes events to an MQTT broker for a peer that takes them from there (MQTT 3.1.1, at most once).

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::events::Events;
use crate::program::free_ports;

/// A mosquitto in a process of its own.
pub struct Broker {
    /// Where it listens.
    pub address: SocketAddr,
    _child: Child,
}

impl Broker {
    /// Starts it.
    pub async fn start() -> anyhow::Result<Self> {
        let [port] = free_ports().await?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut command = Command::new("mosquitto");
        command.args(["-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().context("mosquitto cannot be run")?;
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).await.is_err() {
            ensure!(Instant::now() < until, "mosquitto does not listen");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { address, _child: child })
    }
}

/// A connection that publishes.
pub struct Publisher {
    stream: TcpStream,
    sequence: u64,
}

impl Publisher {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        // CONNECT with a clean session, no keep-alive and the client id "beat" (MQTT 3.1.1 §3.1).
        stream.write_all(&[0x10, 16, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 0, 0, 4, b'b', b'e', b'a', b't']).await?;
        let mut acknowledgement = [0; 4];
        stream.read_exact(&mut acknowledgement).await?;
        ensure!(acknowledgement == [0x20, 2, 0, 0], "the broker refuses: {acknowledgement:?}");
        Ok(Self { stream, sequence: 0 })
    }

    /// Publishes an event to every topic so often for so long.
    pub async fn beat(
        &mut self,
        events: &Events,
        topics: &[String],
        per_second: u32,
        during: Duration,
    ) -> anyhow::Result<()> {
        let mut ticks = interval(Duration::from_secs(1) / per_second);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let until = Instant::now() + during;
        while Instant::now() < until {
            ticks.tick().await;
            self.sequence += 1;
            let payload = format!("{{\"sequence\":\"{}\",\"sentAt\":\"{}\"}}", self.sequence, events.now());
            let mut packets = Vec::new();
            for topic in topics {
                publish(topic, &payload, &mut packets);
            }
            self.stream.write_all(&packets).await?;
        }
        Ok(())
    }
}

/// PUBLISH, delivered at most once (MQTT 3.1.1 §3.3); the packet is shorter than 16 KiB.
fn publish(topic: &str, payload: &str, out: &mut Vec<u8>) {
    let length = 2 + topic.len() + payload.len();
    let byte = |value: usize| u8::try_from(value).expect("it was reduced to a byte");
    out.push(0x30);
    if length >= 128 {
        out.push(byte(length % 128) | 0x80);
        out.push(byte(length / 128));
    } else {
        out.push(byte(length));
    }
    out.extend_from_slice(&[byte(topic.len() / 256), byte(topic.len() % 256)]);
    out.extend_from_slice(topic.as_bytes());
    out.extend_from_slice(payload.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::publish;

    #[test]
    fn a_long_packet_has_a_length_of_two_bytes() {
        let mut packet = Vec::new();
        publish("a/b", &"x".repeat(200), &mut packet);
        // 205 = 1 * 128 + 77.
        assert_eq!(packet[..7], [0x30, 0xcd, 1, 0, 3, b'a', b'/']);
        assert_eq!(packet.len(), 3 + 205);
    }
}
