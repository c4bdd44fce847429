//! Telemetry messages as they come, by whichever way: checked, limited and passed on without a query.

use std::sync::Arc;
use std::time::Instant;

use metrics::Counter;
use parking_lot::Mutex;

use super::limit::RateLimit;
use super::payload;
use super::quarantine::Quarantine;
use super::sample::Sample;
use super::unstored::{NotStored, Storing};
use crate::context::DevicesContext;
use crate::topic::{Channel, DeviceTopic};

/// Takes telemetry in, from many connections at once.
pub struct Intake {
    context: Arc<DevicesContext>,
    limit: Mutex<RateLimit>,
    quarantine: Mutex<Quarantine>,
    accepted: Counter,
    limited: Counter,
    slowed: Counter,
}

impl Intake {
    /// An intake that keeps samples of bad messages in a quarantine.
    pub fn new(context: Arc<DevicesContext>, quarantine: Quarantine) -> Self {
        let limit = RateLimit::new(context.settings.messages_per_second);
        Self {
            context,
            limit: Mutex::new(limit),
            quarantine: Mutex::new(quarantine),
            accepted: metrics::counter!("cloudphone_devices_messages_accepted_total"),
            limited: metrics::counter!("cloudphone_devices_messages_refused_total", "reason" => "RATE_LIMITED"),
            slowed: metrics::counter!("cloudphone_devices_messages_slowed_total"),
        }
    }

    /// Takes a message that nobody answers for; never waits. Beyond the device's limit it is dropped and counted.
    pub fn receive(&self, topic: &str, payload: &[u8]) {
        let Some(topic) = topic_of(topic) else { return };
        if !self.limit.lock().admit(topic.device_id, Instant::now()) {
            self.limited.increment(1);
            return;
        }
        if let Some(sample) = self.read(topic, payload) {
            // In this order nothing is ever stored that the hub has not seen, so that a resumption misses nothing.
            self.context.hub.publish(Arc::clone(&sample));
            self.context.writer.add(sample);
        }
    }

    /// Takes a message that may be acknowledged once this is done: stored, or refused and counted. Its sender can wait, so
    /// beyond the limit it is slowed down.
    pub async fn keep(&self, topic: &str, payload: &[u8]) -> Result<(), NotStored> {
        let Some(topic) = topic_of(topic) else { return Ok(()) };
        let pause = self.limit.lock().reserve(topic.device_id, Instant::now());
        if !pause.is_zero() {
            self.slowed.increment(1);
            tokio::time::sleep(pause).await;
        }
        self.pass_on(topic, payload).done().await
    }

    /// The same without a limit and without waiting: for a connection that carries the messages of all devices, and is held back by
    /// how many of them it may leave unacknowledged.
    pub fn begin(&self, topic: &str, payload: &[u8]) -> Storing {
        topic_of(topic).map_or_else(Storing::nothing, |topic| self.pass_on(topic, payload))
    }

    fn pass_on(&self, topic: DeviceTopic, payload: &[u8]) -> Storing {
        // What is refused would be refused again: it is done with.
        let Some(sample) = self.read(topic, payload) else { return Storing::nothing() };
        self.context.hub.publish(Arc::clone(&sample));
        self.context.writer.store(sample)
    }

    /// The sample in a message of a known device; a message without one is counted, and perhaps kept in the quarantine.
    fn read(&self, topic: DeviceTopic, payload: &[u8]) -> Option<Arc<Sample>> {
        let now = self.context.clock.now();
        match self.context.registry.tenant_of(topic.device_id) {
            Some(tenant_id) if tenant_id == topic.tenant_id => {}
            Some(owner) => {
                self.quarantine.lock().refuse_of_another(owner, topic, payload, now);
                return None;
            }
            None => {
                let detail = "no such device is known";
                self.quarantine.lock().refuse(topic, "UNKNOWN_DEVICE", detail, payload, now);
                return None;
            }
        }
        match payload::decode(topic.tenant_id, topic.device_id, payload, now) {
            Ok(sample) => {
                self.accepted.increment(1);
                Some(Arc::new(sample))
            }
            Err(malformed) => {
                let detail = malformed.to_string();
                self.quarantine.lock().refuse(topic, malformed.reason(), &detail, payload, now);
                None
            }
        }
    }
}

fn topic_of(topic: &str) -> Option<DeviceTopic> {
    let topic = DeviceTopic::parse(topic).filter(|topic| topic.channel == Channel::Telemetry);
    if topic.is_none() {
        metrics::counter!("cloudphone_devices_messages_refused_total", "reason" => "UNKNOWN_TOPIC").increment(1);
    }
    topic
}
