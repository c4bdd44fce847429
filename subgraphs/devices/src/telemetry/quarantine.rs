//! Bad messages: all are counted, a sample of them is kept for people to look at.

use std::time::{Duration, Instant};

use ahash::AHashMap;
use chrono::{DateTime, Utc};
use cloudphone_core::{DeviceId, TenantId};
use cloudphone_database::Database;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::store;
use crate::topic::DeviceTopic;

/// Bytes of a bad message that are kept.
const KEPT_BYTES: usize = 2048;
/// Messages on their way to the table; more are counted only.
const QUEUE: usize = 256;
/// One message of a device and reason is kept in this time.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// Pairs of device and reason remembered for sampling.
const SAMPLED_AT_MOST: usize = 10_000;

/// A bad message as it is kept.
#[derive(
    Clone, Debug, PartialEq, diesel::prelude::Queryable, diesel::prelude::Selectable, diesel::prelude::Insertable,
)]
#[diesel(table_name = crate::schema::telemetry_quarantine)]
pub struct QuarantinedMessage {
    /// The message.
    pub id: Uuid,
    /// Who may look at it.
    pub tenant_id: TenantId,
    /// The device that the topic names.
    pub device_id: Option<DeviceId>,
    /// Where it was published.
    pub topic: String,
    /// What is wrong, as a code.
    pub reason: String,
    /// What is wrong, in words.
    pub detail: String,
    /// The beginning of the message, as text.
    pub payload: String,
    /// How long the message was.
    pub payload_bytes: i32,
    /// When it came.
    pub at: DateTime<Utc>,
}

/// Takes bad messages in without ever waiting.
pub struct Quarantine {
    queue: mpsc::Sender<QuarantinedMessage>,
    sampled: AHashMap<(DeviceId, &'static str), Instant>,
}

impl Quarantine {
    /// A quarantine and what [`keep`] is to store.
    pub fn new() -> (Self, mpsc::Receiver<QuarantinedMessage>) {
        let (queue, kept) = mpsc::channel(QUEUE);
        (Self { queue, sampled: AHashMap::new() }, kept)
    }

    /// Counts a message on a topic of another tenant. It is kept for the tenant of the device, whose words they are.
    pub fn refuse_of_another(&mut self, owner: TenantId, topic: DeviceTopic, payload: &[u8], now: DateTime<Utc>) {
        let detail = "the topic names another organisation than the device's";
        self.keep_for(owner, topic, "WRONG_TENANT", detail, payload, now);
    }

    /// Counts a bad message, and keeps it unless a similar one was kept just now.
    pub fn refuse(
        &mut self,
        topic: DeviceTopic,
        reason: &'static str,
        detail: &str,
        payload: &[u8],
        now: DateTime<Utc>,
    ) {
        self.keep_for(topic.tenant_id, topic, reason, detail, payload, now);
    }

    fn keep_for(
        &mut self,
        tenant_id: TenantId,
        topic: DeviceTopic,
        reason: &'static str,
        detail: &str,
        payload: &[u8],
        now: DateTime<Utc>,
    ) {
        metrics::counter!("cloudphone_devices_messages_refused_total", "reason" => reason).increment(1);
        let instant = Instant::now();
        if self.sampled.len() > SAMPLED_AT_MOST {
            self.sampled.retain(|_, kept| instant.duration_since(*kept) < SAMPLE_EVERY);
            if self.sampled.len() > SAMPLED_AT_MOST {
                return;
            }
        }
        let last = self.sampled.entry((topic.device_id, reason));
        match last {
            std::collections::hash_map::Entry::Occupied(kept) if instant.duration_since(*kept.get()) < SAMPLE_EVERY => {
                return;
            }
            std::collections::hash_map::Entry::Occupied(mut kept) => *kept.get_mut() = instant,
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(instant);
            }
        }
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(KEPT_BYTES)]).replace('\0', "\u{fffd}");
        let message = QuarantinedMessage {
            id: Uuid::now_v7(),
            tenant_id,
            device_id: Some(topic.device_id),
            topic: crate::topic::upward(topic.tenant_id, topic.device_id, topic.channel),
            reason: reason.to_owned(),
            detail: detail.chars().take(500).collect(),
            payload: shown,
            payload_bytes: i32::try_from(payload.len()).unwrap_or(i32::MAX),
            at: now,
        };
        // When the table cannot keep up, counting must do.
        let _ = self.queue.try_send(message);
    }
}

/// Stores kept messages until told to stop.
pub async fn keep(database: Database, mut kept: mpsc::Receiver<QuarantinedMessage>, stop: CancellationToken) {
    let mut batch = Vec::new();
    while let Some(received) = stop.run_until_cancelled(kept.recv_many(&mut batch, QUEUE)).await {
        if received == 0 {
            return;
        }
        let stored = database.system_transaction(async |conn| store::insert_quarantined(conn, &batch).await).await;
        if let Err(error) = stored {
            tracing::warn!(%error, messages = batch.len(), "quarantined messages were not kept");
        }
        batch.clear();
    }
}
