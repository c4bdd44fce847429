//! Telemetry messages as they come from the broker: checked, limited and passed on without waiting and without a query.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use metrics::Counter;
use rumqttc::{AsyncClient, Event, Packet, QoS};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::limit::RateLimit;
use super::payload;
use super::quarantine::Quarantine;
use crate::context::DevicesContext;
use crate::mqtt;
use crate::topic::{self, Channel, DeviceTopic};

/// Requests to the broker that wait; only the subscription is one.
const REQUESTS: usize = 8;

/// Takes telemetry in.
pub struct Intake {
    context: Arc<DevicesContext>,
    limit: RateLimit,
    quarantine: Quarantine,
    accepted: Counter,
    limited: Counter,
}

impl Intake {
    /// An intake that keeps samples of bad messages in a quarantine.
    pub fn new(context: Arc<DevicesContext>, quarantine: Quarantine) -> Self {
        let limit = RateLimit::new(context.settings.messages_per_second);
        Self {
            context,
            limit,
            quarantine,
            accepted: metrics::counter!("cloudphone.devices.messages.accepted"),
            limited: metrics::counter!("cloudphone.devices.messages.refused", "reason" => "RATE_LIMITED"),
        }
    }

    /// Takes one message in.
    pub fn receive(&mut self, topic: &str, payload: &[u8]) {
        let Some(topic) = DeviceTopic::parse(topic).filter(|topic| topic.channel == Channel::Telemetry) else {
            metrics::counter!("cloudphone.devices.messages.refused", "reason" => "UNKNOWN_TOPIC").increment(1);
            return;
        };
        if !self.limit.admit(topic.device_id, Instant::now()) {
            self.limited.increment(1);
            return;
        }
        let now = self.context.clock.now();
        match self.context.registry.tenant_of(topic.device_id) {
            Some(tenant_id) if tenant_id == topic.tenant_id => {}
            Some(owner) => return self.quarantine.refuse_of_another(owner, topic, payload, now),
            None => {
                let detail = "no such device is known";
                return self.quarantine.refuse(topic, "UNKNOWN_DEVICE", detail, payload, now);
            }
        }
        match payload::decode(topic.tenant_id, topic.device_id, payload, now) {
            Ok(sample) => {
                let sample = Arc::new(sample);
                // In this order nothing is ever stored that the hub has not seen, so that a resumption misses nothing.
                self.context.hub.publish(Arc::clone(&sample));
                self.context.writer.add(sample);
                self.accepted.increment(1);
            }
            Err(malformed) => {
                self.quarantine.refuse(topic, malformed.reason(), &malformed.to_string(), payload, now);
            }
        }
    }

    /// Keeps a connection to the broker and takes in what comes, until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let broker = self.context.settings.broker.clone();
        // Of its own for each process, so that replicas do not take each other's place.
        let client_id = format!("{}-telemetry-{}", broker.username, Uuid::new_v4().simple());
        let options = match mqtt::options(&broker.url, &client_id, &broker.username, &broker.password) {
            Ok(options) => options,
            Err(error) => return tracing::error!(%error, "telemetry cannot be received"),
        };
        let (client, mut events) = AsyncClient::new(options, REQUESTS);
        let mut failures = 0;
        while let Some(event) = stop.run_until_cancelled(events.poll()).await {
            match event {
                Ok(Event::Incoming(Packet::Publish(message))) => self.receive(&message.topic, &message.payload),
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    failures = 0;
                    self.context.connections.telemetry.store(true, Ordering::Relaxed);
                    // At most once: the loss of a sample is smaller than the cost of acknowledging each.
                    if client.try_subscribe(topic::ALL_TELEMETRY, QoS::AtMostOnce).is_err() {
                        tracing::error!("the subscription to telemetry was not sent");
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.context.connections.telemetry.store(false, Ordering::Relaxed);
                    tracing::warn!(%error, failures, "the broker's telemetry connection was lost; connecting again");
                    metrics::counter!("cloudphone.devices.broker.reconnects", "connection" => "telemetry").increment(1);
                    let pause = mqtt::reconnect_pause(failures).max(Duration::from_millis(100));
                    stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                    failures += 1;
                }
            }
        }
    }
}
