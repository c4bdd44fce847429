//! Devices that speak MQTT 3.1.1 and nothing but what telemetry needs, so that the load generator costs little.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{SecondsFormat, Utc};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::ledger::Ledger;
use crate::client::Account;

/// Devices that one task sends for.
const OF_A_TASK: usize = 50;
/// Connections opened at the same time.
const SIDE_BY_SIDE: usize = 32;
/// How long the broker may take to let a device in, or to take a message.
const PATIENCE: Duration = Duration::from_secs(20);

struct Device {
    index: usize,
    topic: String,
    stream: TcpStream,
}

/// All devices, connected.
pub struct Fleet {
    devices: Vec<Device>,
    ledger: Arc<Ledger>,
}

impl Fleet {
    /// Connects every device and says that it is there.
    pub async fn connect(
        port: u16,
        tenant_id: &str,
        accounts: &[Account],
        ledger: &Arc<Ledger>,
    ) -> anyhow::Result<Self> {
        let devices: Vec<Device> = stream::iter(accounts.iter().enumerate())
            .map(|(index, account)| connect(port, tenant_id, index, account))
            .buffered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        Ok(Self { devices, ledger: Arc::clone(ledger) })
    }

    /// Lets each device send so many messages per second, evenly spread.
    pub async fn publish(self, rate: u32, length: Duration) -> anyhow::Result<Self> {
        let (start, mut tasks) = (Instant::now(), JoinSet::new());
        let mut devices = self.devices.into_iter();
        loop {
            let some: Vec<Device> = devices.by_ref().take(OF_A_TASK).collect();
            if some.is_empty() {
                break;
            }
            tasks.spawn(send(some, Arc::clone(&self.ledger), start, rate, length));
        }
        let mut devices = Vec::new();
        while let Some(sent) = tasks.join_next().await {
            devices.extend(sent??);
        }
        devices.sort_by_key(|device| device.index);
        Ok(Self { devices, ledger: self.ledger })
    }
}

async fn connect(port: u16, tenant_id: &str, index: usize, account: &Account) -> anyhow::Result<Device> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    // Clean session, user name and password; no keep-alive, for the stream never pauses for long.
    let mut body = vec![0, 4, b'M', b'Q', b'T', b'T', 4, 0b1100_0010, 0, 0];
    for text in [&account.username, &account.username, &account.secret] {
        body.extend(u16::try_from(text.len())?.to_be_bytes());
        body.extend(text.as_bytes());
    }
    stream.write_all(&packet(0x10, &body)).await?;
    let mut answer = [0; 4];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.context("the broker did not answer")??;
    ensure!(answer[0] == 0x20 && answer[3] == 0, "the broker refused {}: {answer:?}", account.username);
    let base = format!("cloudphone/v1/{tenant_id}/devices/{}", account.device_id);
    let status = format!(r#"{{"online":true,"ts":"{}"}}"#, Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true));
    stream.write_all(&publication(0x31, &format!("{base}/status"), status.as_bytes())).await?;
    Ok(Device { index, topic: format!("{base}/telemetry"), stream })
}

/// Sends in turn for all devices of a task. The schedule is fixed: whoever is late sends at once what is due.
async fn send(
    mut devices: Vec<Device>,
    ledger: Arc<Ledger>,
    start: Instant,
    rate: u32,
    length: Duration,
) -> anyhow::Result<Vec<Device>> {
    let messages = u32::try_from(devices.len())? * rate;
    let pause = Duration::from_secs(1) / messages;
    let mut payload = String::new();
    for turn in 0_u32.. {
        let due = pause * turn;
        if due >= length || start.elapsed() >= length {
            break;
        }
        sleep_until(start + due).await;
        let place = usize::try_from(turn)? % devices.len();
        let device = &mut devices[place];
        let sequence = ledger.next(device.index);
        measure(&mut payload, sequence)?;
        let message = publication(0x30, &device.topic, payload.as_bytes());
        timeout(PATIENCE, device.stream.write_all(&message)).await.context("the broker takes nothing")??;
    }
    Ok(devices)
}

/// What a phone measures, with values that change.
fn measure(payload: &mut String, sequence: u64) -> std::fmt::Result {
    payload.clear();
    let (time, step) = (Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true), sequence % 90);
    write!(
        payload,
        r#"{{"ts":"{time}","seq":{sequence},"cpu":{step}.5,"memory":4{}.2,"memoryUsedMb":18{step:02},"batteryPercent":{step},"batteryCharging":false,"temperatureCelsius":3{}.1,"networkRxKbps":{step}.4,"networkTxKbps":{step}.2,"fps":59,"foregroundApp":"com.android.chrome"}}"#,
        step % 10,
        step % 9,
    )
}

/// PUBLISH at most once (MQTT 3.1.1 §3.3).
fn publication(kind: u8, topic: &str, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(topic.len()).expect("topics are short");
    packet(kind, &[&length.to_be_bytes(), topic.as_bytes(), payload].concat())
}

/// A packet with its remaining length in seven-bit groups (MQTT 3.1.1 §2.2.3).
fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let (mut packet, mut length) = (vec![kind], body.len());
    loop {
        let group = u8::try_from(length % 128).expect("it is below 128");
        length /= 128;
        packet.push(if length > 0 { group | 0x80 } else { group });
        if length == 0 {
            break;
        }
    }
    packet.extend(body);
    packet
}
