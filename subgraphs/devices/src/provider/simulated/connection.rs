//! One simulated phone on the network: its connection to the broker, its clock and its downloads in one task.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cloudphone_core::CommandId;
use rumqttc::{AsyncClient, Event, EventLoop, LastWill, Packet, QoS};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::download;
use super::fleet::{FleetOptions, PhoneIdentity};
use super::phone::{Effect, InstallOrder, Phone, Power};
use crate::command::{CommandFailure, CommandMessage};
use crate::credential::DeviceSecret;
use crate::report::StatusMessage;
use crate::topic::{self, Channel};
use crate::{mqtt, topic::username};

/// Publications that wait for the network; telemetry beyond it is dropped, answers are asked for again.
const OUTGOING: usize = 32;
/// Messages from the broker that wait for the phone.
const INCOMING: usize = 8;
/// Unanswered publications.
const IN_FLIGHT: u16 = 16;
/// How long a phone that leaves the network may take to say its last word.
const LAST_WORD: Duration = Duration::from_millis(200);
/// What a phone accepts in one packet.
const MAX_PACKET: usize = 256 * 1024;

enum Heard {
    Connected,
    Message(Vec<u8>),
}

enum Told {
    Progress(CommandId, u8),
    Done(InstallOrder, Result<(), CommandFailure>),
}

enum Parted {
    /// The connection was lost; the number says whether it had been up.
    Lost { was_up: bool },
    /// The phone leaves for a time.
    Left(Duration),
    /// The phone signs in anew with another secret.
    NewSecret,
}

/// A phone with what it needs to live.
pub(super) struct Life {
    identity: PhoneIdentity,
    options: Arc<FleetOptions>,
    phone: Phone,
    secret: watch::Receiver<DeviceSecret>,
    downloads: JoinSet<()>,
    told: mpsc::Receiver<Told>,
    telling: mpsc::Sender<Told>,
    measured_at: Instant,
}

impl Life {
    pub(super) async fn begin(
        identity: PhoneIdentity,
        options: Arc<FleetOptions>,
        secret: watch::Receiver<DeviceSecret>,
    ) -> Self {
        let remembered = options.memory.load(identity.tenant_id, identity.device_id).await;
        let (specification, pace, now) = (identity.specification.clone(), options.pace, Utc::now());
        let (seed, _) = identity.device_id.0.as_u64_pair();
        let seed = seed ^ identity.device_id.0.as_u64_pair().1;
        let phone = match remembered {
            Some(state) => Phone::remembered(state, specification, pace, seed, now),
            None => Phone::new(specification, pace, seed, now),
        };
        let (telling, told) = mpsc::channel(INCOMING);
        let downloads = JoinSet::new();
        Self { identity, options, phone, secret, downloads, told, telling, measured_at: Instant::now() }
    }

    /// Lives until dropped: connects, again and again.
    pub(super) async fn live(mut self) {
        let mut failures = 0;
        loop {
            match self.connect_once().await {
                Parted::Lost { was_up } => {
                    failures = if was_up { 0 } else { failures + 1 };
                    tokio::time::sleep(mqtt::reconnect_pause(failures)).await;
                }
                Parted::Left(away) => tokio::time::sleep(away).await,
                Parted::NewSecret => failures = 0,
            }
        }
    }

    async fn connect_once(&mut self) -> Parted {
        let connected_at = Utc::now();
        let secret = self.secret.borrow_and_update().clone();
        let name = username(self.identity.device_id);
        let Ok(mut options) = mqtt::options(&self.options.broker_url, &name, &name, secret.reveal()) else {
            tracing::error!(url = self.options.broker_url, "phones cannot connect: the broker's address is unusable");
            std::future::pending::<()>().await;
            return Parted::Lost { was_up: false };
        };
        let will = status(false, connected_at);
        options.set_inflight(IN_FLIGHT);
        options.set_max_packet_size(MAX_PACKET, MAX_PACKET);
        options.set_last_will(LastWill::new(self.topic(Channel::Status), will, QoS::AtLeastOnce, true));
        let (client, event_loop) = AsyncClient::new(options, OUTGOING);
        let (hearing, heard) = mpsc::channel(INCOMING);
        // Both run to the end of the connection: neither is cut off in the middle of a packet by the other.
        let mut driving = pin!(drive(event_loop, hearing));
        let mut was_up = false;
        let parted = {
            let mut living = pin!(self.live_connected(&client, heard, connected_at, &mut was_up));
            tokio::select! {
                () = &mut driving => None,
                parted = &mut living => Some(parted),
            }
        };
        if let Some(Parted::Left(_)) = parted {
            let _ = tokio::time::timeout(LAST_WORD, driving).await;
        }
        parted.unwrap_or(Parted::Lost { was_up })
    }

    async fn live_connected(
        &mut self,
        client: &AsyncClient,
        mut heard: mpsc::Receiver<Heard>,
        connected_at: DateTime<Utc>,
        was_up: &mut bool,
    ) -> Parted {
        let mut measuring = tokio::time::interval_at(
            Instant::now() + self.options.telemetry_interval.mul_f64(rand::random()),
            self.options.telemetry_interval,
        );
        measuring.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let changes_at = self.phone.next_change_at();
            let runs = self.phone.state().power == Power::On;
            let effects = tokio::select! {
                message = heard.recv() => match message {
                    Some(Heard::Connected) => {
                        *was_up = true;
                        self.greet(client, connected_at);
                        vec![Effect::Report]
                    }
                    Some(Heard::Message(payload)) => self.obey(&payload),
                    None => return Parted::Lost { was_up: *was_up },
                },
                Some(told) = self.told.recv() => self.told(told),
                () = sleep_until(changes_at), if changes_at.is_some() => self.phone.on_time(Utc::now()),
                _ = measuring.tick(), if runs && *was_up => { self.measure(client); Vec::new() }
                changed = self.secret.changed() => match changed {
                    Ok(()) => return Parted::NewSecret,
                    Err(_) => return Parted::Lost { was_up: *was_up },
                },
            };
            if let Some(away) = self.act(client, effects).await {
                return Parted::Left(away);
            }
        }
    }

    fn greet(&self, client: &AsyncClient, connected_at: DateTime<Utc>) {
        let commands = topic::commands(self.identity.tenant_id, self.identity.device_id);
        let _ = client.try_subscribe(commands, QoS::AtLeastOnce);
        publish(client, self.topic(Channel::Status), true, status(true, connected_at));
    }

    fn obey(&mut self, payload: &[u8]) -> Vec<Effect> {
        match serde_json::from_slice::<CommandMessage>(payload) {
            Ok(command) => self.phone.on_command(&command, Utc::now()),
            Err(error) => {
                tracing::debug!(device = %self.identity.device_id, %error, "a phone does not understand a command");
                Vec::new()
            }
        }
    }

    fn told(&mut self, told: Told) -> Vec<Effect> {
        match told {
            Told::Progress(command_id, percent) => self.phone.on_download_progress(command_id, percent, Utc::now()),
            Told::Done(order, outcome) => self.phone.on_downloaded(&order, outcome, Utc::now()),
        }
    }

    fn measure(&mut self, client: &AsyncClient) {
        let elapsed = self.measured_at.elapsed();
        self.measured_at = Instant::now();
        let topic = self.topic(Channel::Telemetry);
        if let Some(measurement) = self.phone.measure(Utc::now(), elapsed) {
            let payload = serde_json::to_vec(&measurement).expect("a measurement is plain values");
            let _ = client.try_publish(topic, QoS::AtMostOnce, false, payload);
        }
    }

    async fn act(&mut self, client: &AsyncClient, effects: Vec<Effect>) -> Option<Duration> {
        let mut leaves = None;
        for effect in effects {
            match effect {
                Effect::Remember => {
                    let (tenant_id, device_id) = (self.identity.tenant_id, self.identity.device_id);
                    self.options.memory.save(tenant_id, device_id, self.phone.state()).await;
                }
                Effect::Report => {
                    let twin = serde_json::to_vec(&self.phone.twin(Utc::now())).expect("a twin is plain values");
                    publish(client, self.topic(Channel::Reported), true, twin);
                }
                Effect::Answer(answer) => {
                    let payload = serde_json::to_vec(&answer).expect("an answer is plain values");
                    publish(client, self.topic(Channel::Acks), false, payload);
                }
                Effect::LeaveNetwork(away) => leaves = Some(away),
                Effect::Download(order) => self.start_download(order),
                Effect::AbortDownloads => self.downloads.abort_all(),
            }
        }
        while self.downloads.try_join_next().is_some() {}
        leaves
    }

    fn start_download(&mut self, order: InstallOrder) {
        let Some(command_id) = order.command_id else { return };
        let (client, telling) = (self.options.http.clone(), self.telling.clone());
        self.downloads.spawn(async move {
            let (progress, mut percents) = mpsc::channel(4);
            let downloading = download::download(&client, &order, &progress);
            let forwarding = async {
                while let Some(percent) = percents.recv().await {
                    let _ = telling.send(Told::Progress(command_id, percent)).await;
                }
            };
            let outcome = select_first(downloading, forwarding).await;
            let _ = telling.send(Told::Done(order, outcome)).await;
        });
    }

    fn topic(&self, channel: Channel) -> String {
        topic::upward(self.identity.tenant_id, self.identity.device_id, channel)
    }
}

/// Runs both until the first has an answer.
async fn select_first<T>(main: impl Future<Output = T>, beside: impl Future<Output = ()>) -> T {
    let (main, beside) = (pin!(main), pin!(beside));
    let mut beside = pin!(async {
        beside.await;
        std::future::pending::<()>().await;
    });
    let mut main = main;
    loop {
        tokio::select! {
            answer = &mut main => return answer,
            () = &mut beside => {}
        }
    }
}

/// Moves packets between the network and the phone until the connection ends.
async fn drive(mut event_loop: EventLoop, hearing: mpsc::Sender<Heard>) {
    loop {
        let heard = match event_loop.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Heard::Connected,
            Ok(Event::Incoming(Packet::Publish(publish))) => Heard::Message(publish.payload.to_vec()),
            Ok(_) => continue,
            Err(error) => {
                tracing::debug!(%error, "a phone lost its connection");
                return;
            }
        };
        if hearing.send(heard).await.is_err() {
            return;
        }
    }
}

fn publish(client: &AsyncClient, topic: String, retain: bool, payload: Vec<u8>) {
    // The platform asks again for what does not fit into a full queue.
    let _ = client.try_publish(topic, QoS::AtLeastOnce, retain, payload);
}

fn status(online: bool, connected_at: DateTime<Utc>) -> Vec<u8> {
    serde_json::to_vec(&StatusMessage { online, ts: connected_at }).expect("a status is plain values")
}

async fn sleep_until(moment: Option<DateTime<Utc>>) {
    let wait = moment.and_then(|moment| (moment - Utc::now()).to_std().ok()).unwrap_or_default();
    tokio::time::sleep(wait).await;
}
