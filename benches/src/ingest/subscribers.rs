//! Subscribers over graphql-transport-ws that check every sample: its age, and that none before it is missing.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures::{SinkExt as _, StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::ledger::Ledger;
use crate::client::{Account, Client};
use crate::latency::Latencies;

const MEASUREMENTS: &str = "sequence at cpuPercent memoryPercent batteryPercent temperatureCelsius networkRxKbps \
                            networkTxKbps framesPerSecond foregroundApp";
/// Connections opened at the same time.
const SIDE_BY_SIDE: usize = 16;
/// How long samples that are under way may take to arrive once no more are sent.
const LAST_SAMPLES: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What one subscriber received.
struct Tally {
    /// The devices it follows, with the last sequence number received from each.
    followed: Vec<(usize, AtomicU64)>,
    /// What it had of them at the last reckoning.
    reckoned: Vec<AtomicU64>,
    step: std::sync::Mutex<Step>,
}

/// What was received since the last reckoning.
#[derive(Default)]
pub struct Step {
    /// Samples that followers received.
    pub received: u64,
    /// Places where a sample was missing, came twice or out of order, or an event of a wall was missing.
    pub gaps: u64,
    /// Devices in events of walls.
    pub wall_devices: u64,
    /// From the sending of a sample until a follower has it.
    pub latencies: Latencies,
    /// The age of samples on walls, which are gathered over a second.
    pub freshness: Latencies,
}

/// All subscribers.
pub struct Audience {
    followers: Vec<Arc<Tally>>,
    walls: Vec<Arc<Tally>>,
    tasks: Vec<AbortHandle>,
    failed: Arc<AtomicUsize>,
    _running: JoinSet<()>,
}

impl Audience {
    /// Connects everybody: followers in turn over all devices, walls in turn over the groups.
    pub async fn connect(
        client: &Client,
        accounts: &[Account],
        ledger: &Arc<Ledger>,
        followers: usize,
        devices_each: usize,
        walls: usize,
        join: bool,
    ) -> anyhow::Result<Self> {
        let owner = if join { "owner{displayName}" } else { "" };
        let telemetry = format!(
            "subscription($ids:[ID!]!){{deviceTelemetry(deviceIds:$ids,minIntervalMs:0){{gap device{{id name online {owner}}} sample{{{MEASUREMENTS}}}}}}}"
        );
        let wall = format!(
            "subscription($group:String!){{fleet(filter:{{group:$group}}){{sequence kind devices{{id name state online {owner} latestTelemetry{{{MEASUREMENTS}}}}}}}}}"
        );
        let indices: Arc<HashMap<String, usize>> =
            Arc::new(accounts.iter().enumerate().map(|(index, account)| (account.device_id.clone(), index)).collect());
        let mut wanted = Vec::new();
        for number in 0..followers {
            let first = number * devices_each;
            let some: Vec<usize> = (first..first + devices_each).map(|place| place % accounts.len()).collect();
            let ids: Vec<&str> = some.iter().map(|index| accounts[*index].device_id.as_str()).collect();
            wanted.push((json!({ "query": telemetry, "variables": { "ids": ids } }), some));
        }
        let groups = accounts.iter().map(|account| account.group).max().unwrap_or_default() + 1;
        for number in 0..walls {
            let group = format!("load-{}", number % groups);
            wanted.push((json!({ "query": wall, "variables": { "group": group } }), Vec::new()));
        }
        let sockets: Vec<(Socket, Arc<Tally>)> = stream::iter(wanted)
            .map(|(operation, followed)| subscribe(client, operation, followed))
            .buffered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        let (failed, mut running) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
        let (mut tallies, mut tasks) = (Vec::new(), Vec::new());
        for (socket, tally) in sockets {
            tallies.push(Arc::clone(&tally));
            let (ledger, indices, failed) = (Arc::clone(ledger), Arc::clone(&indices), Arc::clone(&failed));
            tasks.push(running.spawn(async move {
                if let Err(error) = listen(socket, &tally, &ledger, &indices).await {
                    eprintln!("a subscriber failed: {error:#}");
                }
                failed.fetch_add(1, Ordering::Relaxed);
            }));
        }
        let walls = tallies.split_off(followers);
        Ok(Self { followers: tallies, walls, tasks, failed, _running: running })
    }

    /// Whether every follower has heard each of its devices, and every wall had its first event.
    pub fn everybody_listens(&self) -> bool {
        let heard = |tally: &Arc<Tally>| tally.followed.iter().all(|(_, last)| last.load(Ordering::Relaxed) > 0);
        let shown = |tally: &Arc<Tally>| lock(tally).wall_devices > 0;
        self.followers.iter().all(heard) && self.walls.iter().all(shown)
    }

    /// Waits until followers have all that was sent, or for as long as anything may still be under way.
    pub async fn settle(&self, ledger: &Ledger) {
        let deadline = Instant::now() + LAST_SAMPLES;
        let complete = |tally: &Arc<Tally>| {
            tally.followed.iter().all(|(device, last)| last.load(Ordering::Relaxed) == ledger.sent(*device))
        };
        while Instant::now() < deadline && !self.followers.iter().all(complete) {
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// What everybody received since the last call.
    pub fn take_step(&self) -> Step {
        let mut sum = Step::default();
        for tally in self.followers.iter().chain(&self.walls) {
            let step = std::mem::take(&mut *lock(tally));
            sum.received += step.received;
            sum.gaps += step.gaps;
            sum.wall_devices += step.wall_devices;
            sum.latencies.merge(step.latencies);
            sum.freshness.merge(step.freshness);
        }
        sum
    }

    /// Samples that followers should have received since the last call.
    pub fn expected_since_last(&self, ledger: &Ledger) -> u64 {
        let mut expected = 0;
        for tally in &self.followers {
            for ((device, _), reckoned) in tally.followed.iter().zip(&tally.reckoned) {
                let sent = ledger.sent(*device);
                expected += sent - reckoned.swap(sent, Ordering::Relaxed);
            }
        }
        expected
    }

    /// Subscribers whose connection ended.
    pub fn failed(&self) -> usize {
        self.failed.load(Ordering::Relaxed)
    }

    /// Ends all subscriptions.
    pub fn leave(self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

async fn subscribe(client: &Client, operation: Value, followed: Vec<usize>) -> anyhow::Result<(Socket, Arc<Tally>)> {
    let mut request = format!("{}/graphql/ws", client.base.replace("http://", "ws://")).into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let (mut socket, _) = connect_async(request).await?;
    let authorization = format!("Bearer {}", client.token);
    let hello = json!({ "type": "connection_init", "payload": { "Authorization": authorization } });
    socket.send(Message::text(hello.to_string())).await?;
    let answer = socket.next().await.context("the connection ended")??;
    ensure!(answer.to_text()?.contains("connection_ack"), "{answer}");
    let start = json!({ "type": "subscribe", "id": "1", "payload": operation });
    socket.send(Message::text(start.to_string())).await?;
    let reckoned = followed.iter().map(|_| AtomicU64::new(0)).collect();
    let followed = followed.into_iter().map(|device| (device, AtomicU64::new(0))).collect();
    Ok((socket, Arc::new(Tally { followed, reckoned, step: std::sync::Mutex::default() })))
}

#[derive(Deserialize)]
struct Frame {
    r#type: String,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    data: Events,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Events {
    device_telemetry: Option<TelemetryEvent>,
    fleet: Option<FleetEvent>,
}

#[derive(Deserialize)]
struct TelemetryEvent {
    gap: bool,
    device: Device,
    sample: Sample,
}

#[derive(Deserialize)]
struct FleetEvent {
    sequence: u64,
    kind: String,
    devices: Vec<Device>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    id: String,
    latest_telemetry: Option<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    sequence: u64,
}

async fn listen(
    mut socket: Socket,
    tally: &Tally,
    ledger: &Ledger,
    indices: &HashMap<String, usize>,
) -> anyhow::Result<()> {
    let mut wall_sequence = None;
    while let Some(message) = socket.next().await {
        let text = match message? {
            Message::Text(text) => text,
            Message::Close(reason) => bail!("the platform closed the connection: {reason:?}"),
            _ => continue,
        };
        let frame: Frame = serde_json::from_str(&text).with_context(|| text.to_string())?;
        ensure!(frame.r#type == "next", "{text}");
        if let Some(event) = frame.payload.data.device_telemetry {
            tally.note_sample(&event, ledger, indices)?;
        }
        if let Some(event) = frame.payload.data.fleet {
            tally.note_wall(&event, &mut wall_sequence, ledger, indices);
        }
    }
    bail!("the platform ended the connection")
}

impl Tally {
    fn note_sample(
        &self,
        event: &TelemetryEvent,
        ledger: &Ledger,
        indices: &HashMap<String, usize>,
    ) -> anyhow::Result<()> {
        let index = indices.get(&event.device.id).context("an unknown device")?;
        let followed = self.followed.iter().position(|(device, _)| device == index);
        let (_, last) = &self.followed[followed.context("a device that nobody asked for")?];
        let sequence = event.sample.sequence;
        let before = last.swap(sequence, Ordering::Relaxed);
        let mut step = lock(self);
        step.received += 1;
        if event.gap || (before > 0 && sequence != before + 1) {
            step.gaps += 1;
        }
        if let Some(age) = ledger.age(*index, sequence) {
            step.latencies.add(age);
        }
        Ok(())
    }

    fn note_wall(&self, event: &FleetEvent, last: &mut Option<u64>, ledger: &Ledger, indices: &HashMap<String, usize>) {
        let mut step = lock(self);
        if last.is_some_and(|last| event.sequence != last + 1) {
            step.gaps += 1;
        }
        *last = Some(event.sequence);
        for device in &event.devices {
            step.wall_devices += 1;
            let (index, sample) = (indices.get(&device.id), &device.latest_telemetry);
            let age = index.zip(sample.as_ref()).and_then(|(index, sample)| ledger.age(*index, sample.sequence));
            // The first events show what was there before; how old that is says nothing.
            if let Some(age) = age.filter(|_| event.kind == "TELEMETRY") {
                step.freshness.add(age);
            }
        }
    }
}

fn lock(tally: &Tally) -> std::sync::MutexGuard<'_, Step> {
    tally.step.lock().expect("nobody panics while holding it")
}
