//! Presence, reports and answers as they come from the broker: applied in order per device, side by side across devices.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ahash::{AHashSet, RandomState};
use cloudphone_core::{CodedError, DeviceId, ErrorClass};
use rumqttc::{AsyncClient, Event, EventLoop, Packet, QoS};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command::acknowledge;
use crate::context::DevicesContext;
use crate::device::{reconcile, report};
use crate::error::DevicesError;
use crate::mqtt::{self, BrokerAddressError};
use crate::report::StatusMessage;
use crate::telemetry::limit::RateLimit;
use crate::telemetry::quarantine::Quarantine;
use crate::topic::{self, Channel, DeviceTopic};

/// Workers; each device belongs to one.
const WORKERS: usize = 6;
/// Messages that wait for a worker. When they are full the connection waits, and the broker with it.
const QUEUE: usize = 512;
/// Commands that wait for the network.
const REQUESTS: usize = 1024;
/// Bytes that such a message may have.
const MAX_PAYLOAD_BYTES: usize = 64 * 1024;
/// Attempts while somebody else keeps changing the same rows.
const ATTEMPTS: u32 = 20;
/// The longest pause between two attempts, as a power of two times 50 ms.
const LONGEST_PAUSE: u32 = 6;

struct Message {
    topic: DeviceTopic,
    payload: bytes::Bytes,
}

/// The connection over which commands go out and answers come in.
pub struct Control {
    context: Arc<DevicesContext>,
    events: EventLoop,
    client: AsyncClient,
    heard: AHashSet<DeviceId>,
    sweep_at: Option<Instant>,
    quarantine: Quarantine,
    limit: RateLimit,
    shards: RandomState,
}

impl Control {
    /// A connection that is not made yet; the client may be used at once.
    pub fn new(
        context: Arc<DevicesContext>,
        quarantine: Quarantine,
    ) -> Result<(Self, AsyncClient), BrokerAddressError> {
        let broker = context.settings.broker.clone();
        let client_id = format!("{}-control-{}", broker.username, Uuid::new_v4().simple());
        let options = mqtt::options(&broker.url, &client_id, &broker.username, &broker.password)?;
        let (client, events) = AsyncClient::new(options, REQUESTS);
        let limit = RateLimit::new(context.settings.messages_per_second);
        let control = Self {
            context,
            events,
            client: client.clone(),
            heard: AHashSet::new(),
            sweep_at: None,
            quarantine,
            limit,
            shards: RandomState::new(),
        };
        Ok((control, client))
    }

    /// Keeps the connection and applies what comes, until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut workers = JoinSet::new();
        let mut queues = Vec::new();
        for _ in 0..WORKERS {
            let (queue, messages) = mpsc::channel(QUEUE);
            queues.push(queue);
            workers.spawn(work(Arc::clone(&self.context), messages, stop.clone()));
        }
        let mut failures = 0;
        while !stop.is_cancelled() {
            let sweep_at = self.sweep_at;
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(sweep_at.unwrap_or_else(Instant::now)), if sweep_at.is_some() => self.sweep().await,
                event = self.events.poll() => match event {
                    Ok(Event::Incoming(Packet::Publish(message))) => self.route(&queues, message).await,
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        failures = 0;
                        self.greet();
                    }
                    Ok(_) => {}
                    Err(error) => {
                        self.context.connections.control.store(false, Ordering::Relaxed);
                        tracing::warn!(%error, failures, "the broker's control connection was lost; connecting again");
                        metrics::counter!("cloudphone_devices_broker_reconnects_total", "connection" => "control").increment(1);
                        self.sweep_at = None;
                        stop.run_until_cancelled(tokio::time::sleep(mqtt::reconnect_pause(failures))).await;
                        failures += 1;
                    }
                },
            }
        }
        drop(queues);
        while workers.join_next().await.is_some() {}
    }

    /// Everybody has some time to say that they are there; the broker repeats what it kept.
    fn greet(&mut self) {
        self.context.connections.control.store(true, Ordering::Relaxed);
        self.heard.clear();
        self.sweep_at = Some(Instant::now() + self.context.settings.presence_grace);
        for filter in [topic::ALL_STATUS, topic::ALL_REPORTED, topic::ALL_ACKS] {
            if self.client.try_subscribe(filter, QoS::AtLeastOnce).is_err() {
                tracing::error!(filter, "a subscription was not sent");
            }
        }
    }

    async fn sweep(&mut self) {
        let heard: Vec<DeviceId> = self.heard.iter().copied().collect();
        match reconcile::mark_unheard(&self.context, &heard).await {
            Ok(silent) => {
                self.sweep_at = None;
                tracing::debug!(heard = heard.len(), silent, "devices said that they are there");
            }
            Err(error) => {
                tracing::warn!(%error, "presence could not be brought up to date; trying again");
                self.sweep_at = Some(Instant::now() + Duration::from_secs(2));
            }
        }
    }

    async fn route(&mut self, queues: &[mpsc::Sender<Message>], message: rumqttc::Publish) {
        // An empty retained message is the removal of one.
        let Some(topic) = DeviceTopic::parse(&message.topic).filter(|_| !message.payload.is_empty()) else {
            return;
        };
        let now = self.context.clock.now();
        if message.payload.len() > MAX_PAYLOAD_BYTES {
            let detail = format!("the message has {} bytes", message.payload.len());
            return self.quarantine.refuse(topic, "OVERSIZED", &detail, &message.payload, now);
        }
        let owner = self.context.registry.tenant_of(topic.device_id);
        if let Some(owner) = owner.filter(|owner| *owner != topic.tenant_id) {
            return self.quarantine.refuse_of_another(owner, topic, &message.payload, now);
        }
        if !self.limit.admit(topic.device_id, std::time::Instant::now()) {
            metrics::counter!("cloudphone_devices_messages_refused_total", "reason" => "RATE_LIMITED").increment(1);
            return;
        }
        if let Err(error) = check(topic, &message.payload) {
            return self.quarantine.refuse(topic, "UNDECODABLE", &error, &message.payload, now);
        }
        if topic.channel == Channel::Status {
            self.heard.insert(topic.device_id);
        }
        let shard = usize::try_from(self.shards.hash_one(topic.device_id) % WORKERS as u64).unwrap_or_default();
        // An error says that the worker has ended, which only happens at the end.
        let _ = queues[shard].send(Message { topic, payload: message.payload }).await;
    }
}

/// Whether the message is one of its channel, and has nothing that PostgreSQL cannot keep.
fn check(topic: DeviceTopic, payload: &[u8]) -> Result<(), String> {
    if payload.windows(6).any(|bytes| bytes == b"\\u0000") {
        return Err("the message contains a NUL character".to_owned());
    }
    match topic.channel {
        Channel::Status => parse::<StatusMessage>(payload).map(drop),
        Channel::Reported => parse::<crate::report::ReportedTwin>(payload).map(drop),
        Channel::Acks => parse::<crate::command::Ack>(payload).map(drop),
        Channel::Telemetry => Err("telemetry comes over another connection".to_owned()),
    }
}

fn parse<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

async fn work(context: Arc<DevicesContext>, mut messages: mpsc::Receiver<Message>, stop: CancellationToken) {
    while let Some(Some(message)) = stop.run_until_cancelled(messages.recv()).await {
        for attempt in 1.. {
            match apply(&context, &message).await {
                Ok(()) => break,
                Err(error) if retriable(&error, attempt) && !stop.is_cancelled() => {
                    tracing::debug!(device = %message.topic.device_id, %error, attempt, "a message waits for the database");
                    let pause = Duration::from_millis(50 << attempt.min(LONGEST_PAUSE));
                    stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                }
                Err(error) => {
                    tracing::warn!(device = %message.topic.device_id, channel = message.topic.channel.as_str(), %error, "a message was given up");
                    break;
                }
            }
        }
    }
}

/// While the database is away the message waits, the queue behind it fills up, and at last the broker waits too.
fn retriable(error: &DevicesError, attempt: u32) -> bool {
    error.class() == ErrorClass::Unavailable || (error.code() == "CONFLICT" && attempt < ATTEMPTS)
}

async fn apply(context: &DevicesContext, message: &Message) -> Result<(), DevicesError> {
    let DeviceTopic { tenant_id, device_id, channel } = message.topic;
    let unreadable = |error: serde_json::Error| DevicesError::Common(cloudphone_core::CommonError::internal(error));
    match channel {
        Channel::Status => {
            let status = serde_json::from_slice(&message.payload).map_err(unreadable)?;
            report::apply_status(context, tenant_id, device_id, &status).await
        }
        Channel::Reported => {
            let twin = serde_json::from_slice(&message.payload).map_err(unreadable)?;
            report::apply_report(context, tenant_id, device_id, &twin).await
        }
        Channel::Acks => {
            let ack = serde_json::from_slice(&message.payload).map_err(unreadable)?;
            acknowledge::apply_ack(context, tenant_id, device_id, &ack).await
        }
        Channel::Telemetry => Ok(()),
    }
}
