//! The bus for several processes: one Redis stream that every consumer group reads at its own pace.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use fred::prelude::{Builder, Client, ClientLike, Config, ReconnectPolicy, StreamsInterface, Value};
use fred::types::streams::XID;
use fred::types::streams::XReadResponse;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Advance, Bus, BusError, Received, Sink, Subscription};
use crate::CloudEvent;

/// The field of a stream entry that holds the event.
const FIELD: &str = "event";
/// The most entries read at once.
const READ_LIMIT: u64 = 500;
/// How long a command may take before it counts as failed; longer than a read may wait.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a reader waits for entries before it asks again.
const READ_WAIT: Duration = Duration::from_secs(1);
/// A position that moved over unwanted events only is kept after this many reads.
const IDLE_READS: u32 = 20;

/// Settings of the Redis bus.
#[derive(Clone, Debug)]
pub struct RedisBusOptions {
    /// The key of the stream.
    pub stream: String,
    /// How long entries stay: the longest that a consumer group may be away. Longer than outboxes keep their events.
    pub retention: Duration,
}

impl Default for RedisBusOptions {
    fn default() -> Self {
        Self { stream: "cloudphone:events".to_owned(), retention: Duration::from_hours(168) }
    }
}

/// Events in a Redis stream. Groups keep their positions beside their inboxes instead of in Redis: position and events move
/// in one transaction, so nothing is acknowledged that is not stored, and replicas cannot mix up an order.
pub struct RedisBus {
    config: Config,
    publisher: Client,
    options: RedisBusOptions,
    cancelled: CancellationToken,
    readers: TaskTracker,
}

impl RedisBus {
    /// Connects to `redis://host:port/db` or `redis+unix:///path`.
    pub async fn connect(url: &str, options: RedisBusOptions) -> Result<Self, BusError> {
        if !url.starts_with("redis") {
            return Err(BusError::Address("begin it with redis:// or redis+unix://".to_owned()));
        }
        let config = Config::from_url(url).map_err(|error| BusError::Address(error.to_string()))?;
        let publisher = connect(&config).await?;
        let (cancelled, readers) = (CancellationToken::new(), TaskTracker::new());
        Ok(Self { config, publisher, options, cancelled, readers })
    }
}

async fn connect(config: &Config) -> Result<Client, BusError> {
    let client = Builder::from_config(config.clone())
        .with_connection_config(|connection| connection.connection_timeout = COMMAND_TIMEOUT)
        .with_performance_config(|performance| performance.default_command_timeout = COMMAND_TIMEOUT)
        .set_policy(ReconnectPolicy::new_exponential(0, 50, 2_000, 2))
        .build()
        .map_err(unavailable)?;
    client.init().await.map_err(unavailable)?;
    Ok(client)
}

fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BusError {
    BusError::Unavailable(error.into())
}

impl Drop for RedisBus {
    fn drop(&mut self) {
        self.cancelled.cancel();
    }
}

#[async_trait]
impl Bus for RedisBus {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn publish(&self, events: &[CloudEvent]) -> Result<Option<String>, BusError> {
        let oldest_ms = Utc::now().timestamp_millis() - i64::try_from(self.options.retention.as_millis()).unwrap_or(0);
        let oldest_kept = oldest_ms.max(0).to_string();
        let pipeline = self.publisher.pipeline();
        for event in events {
            let text = serde_json::to_string(event).map_err(unavailable)?;
            let cap = ("MINID", "~", oldest_kept.clone());
            let _: () =
                pipeline.xadd(&self.options.stream, false, cap, XID::Auto, (FIELD, text)).await.map_err(unavailable)?;
        }
        let ids: Vec<String> = pipeline.all().await.map_err(unavailable)?;
        Ok(ids.into_iter().next_back())
    }

    async fn remembers(&self, receipt: &str) -> Result<bool, BusError> {
        let entries: Vec<Value> =
            self.publisher.xrange(&self.options.stream, receipt, receipt, Some(1)).await.map_err(unavailable)?;
        Ok(!entries.is_empty())
    }

    async fn attach(&self, subscription: Subscription, sink: Arc<dyn Sink>) -> Result<(), BusError> {
        // A waiting read occupies its connection, so every group has its own.
        let client = connect(&self.config).await?;
        let reader = Reader { client, stream: self.options.stream.clone(), subscription, sink };
        let cancelled = self.cancelled.clone();
        self.readers.spawn(async move { reader.run(&cancelled).await });
        Ok(())
    }

    async fn close(&self) {
        self.cancelled.cancel();
        self.readers.close();
        self.readers.wait().await;
        // It only fails when the connection is closed already.
        let _ = self.publisher.quit().await;
    }
}

struct Reader {
    client: Client,
    stream: String,
    subscription: Subscription,
    sink: Arc<dyn Sink>,
}

impl Reader {
    async fn run(self, cancelled: &CancellationToken) {
        let mut failures = 0_u32;
        while !cancelled.is_cancelled() {
            // Storing is left to finish when the bus closes; only waiting is cut short.
            match self.follow(cancelled, &mut failures).await {
                Ok(()) => {}
                Err(error) => {
                    let group = &self.subscription.group;
                    tracing::warn!(group, %error, failures, "reading events stopped and begins again");
                    metrics::counter!("cloudphone_events_read_failures_total", "group" => group.clone()).increment(1);
                    failures += 1;
                    let pause = Duration::from_millis(50 << failures.min(6));
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = cancelled.cancelled() => {}
                    }
                }
            }
        }
        // It only fails when the connection is closed already.
        let _ = self.client.quit().await;
    }

    /// Reads on from the group's position until another reader of the group has moved it, or something fails.
    async fn follow(&self, cancelled: &CancellationToken, failures: &mut u32) -> Result<(), BusError> {
        let mut kept = self.sink.position(&self.stream).await?;
        let mut seen = kept.clone().unwrap_or_else(|| "0-0".to_owned());
        let mut idle_reads = 0;
        loop {
            let entries = tokio::select! {
                entries = self.read(&seen) => entries?,
                () = cancelled.cancelled() => return Ok(()),
            };
            *failures = 0;
            let Some((newest, _)) = entries.last() else { continue };
            seen.clone_from(newest);
            let events: Vec<_> = entries.iter().filter_map(|(_, event)| event.as_ref()).collect();
            idle_reads += 1;
            if events.is_empty() && idle_reads < IDLE_READS {
                continue;
            }
            idle_reads = 0;
            let advance = Advance { stream: self.stream.clone(), from: kept, to: seen.clone() };
            if self.sink.receive(&events, Some(&advance)).await? == Received::Superseded {
                return Ok(());
            }
            kept = Some(seen.clone());
        }
    }

    /// The entries after a position, with the event of each that the group wants.
    async fn read(&self, after: &str) -> Result<Vec<(String, Option<CloudEvent>)>, BusError> {
        let wait_ms = u64::try_from(READ_WAIT.as_millis()).expect("a second fits");
        let answer: Value =
            self.client.xread(Some(READ_LIMIT), Some(wait_ms), &self.stream, after).await.map_err(unavailable)?;
        if answer.is_null() {
            return Ok(Vec::new());
        }
        let mut streams: XReadResponse<String, String, String, String> =
            answer.into_xread_response().map_err(unavailable)?;
        let entries = streams.remove(&self.stream).unwrap_or_default();
        Ok(entries
            .into_iter()
            .map(|(id, mut fields)| (id, fields.remove(FIELD).and_then(|text| self.decode(&text))))
            .collect())
    }

    fn decode(&self, text: &str) -> Option<CloudEvent> {
        match serde_json::from_str::<CloudEvent>(text) {
            Ok(event) => self.subscription.wants(&event.event_type).then_some(event),
            Err(error) => {
                // Only somebody else's entry in our stream can cause this; stopping all events would help nobody.
                tracing::error!(stream = self.stream, %error, "an entry of the event stream is unreadable and was left out");
                None
            }
        }
    }
}
