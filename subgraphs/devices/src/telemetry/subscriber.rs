//! Takes telemetry in from a broker of the operator's: what was published at `QoS 1` is acknowledged to it once it is stored.
//!
//! The session outlives the connection and the process, so that the broker keeps what comes meanwhile. A message that
//! is not acknowledged comes again; its sample is stored once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::intake::Intake;
use super::unstored::Storing;
use crate::context::DevicesContext;
use crate::mqtt::{self, BrokerAddressError};
use crate::topic;

/// Messages that may be unacknowledged: as many as MQTT has packet identifiers. A broker allows fewer.
const UNACKNOWLEDGED: usize = 65_535;
/// What waits for the network: acknowledgements and the subscription.
const REQUESTS: usize = UNACKNOWLEDGED + 8;

/// How long to wait before messages that could not be stored are asked for again.
const START_OVER_PAUSE: Duration = Duration::from_secs(1);

/// A message that is being stored, and the connection on which it came.
struct Unacknowledged {
    connection: u64,
    message: Publish,
    storing: Storing,
}

/// What the connection and the acknowledging task share.
struct Session {
    client: AsyncClient,
    /// The number of the present connection; locked while an acknowledgement is handed to it, for packet identifiers mean nothing
    /// on another.
    connection: Mutex<u64>,
    /// A message could not be stored: only a new connection makes the broker send it again.
    start_over: Notify,
}

/// The connection to the broker.
pub struct Subscriber {
    context: Arc<DevicesContext>,
    intake: Arc<Intake>,
    events: EventLoop,
    session: Arc<Session>,
}

impl Subscriber {
    /// A connection that is not made yet.
    pub fn new(context: Arc<DevicesContext>, intake: Arc<Intake>) -> Result<Self, BrokerAddressError> {
        let (client, events) = AsyncClient::new(options(&context)?, REQUESTS);
        let session = Session { client, connection: Mutex::new(0), start_over: Notify::new() };
        Ok(Self { context, intake, events, session: Arc::new(session) })
    }

    /// Keeps the connection and takes in what comes, until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let (unacknowledged, waiting) = mpsc::channel(UNACKNOWLEDGED);
        let mut acknowledging = JoinSet::new();
        acknowledging.spawn(acknowledge(Arc::clone(&self.session), waiting));
        let mut failures = 0;
        let session = Arc::clone(&self.session);
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => break,
                () = session.start_over.notified() => {
                    self.forget_connection();
                    tracing::warn!("telemetry could not be stored; the broker has to send it again");
                    stop.run_until_cancelled(tokio::time::sleep(START_OVER_PAUSE)).await;
                    continue;
                }
                event = self.events.poll() => event,
            };
            match event {
                Ok(Event::Incoming(Packet::Publish(message))) => self.receive(message, &unacknowledged),
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    failures = 0;
                    self.context.connections.telemetry.store(true, Ordering::Relaxed);
                    // Again in a session that the broker remembers: it may be one of before a change of the filter.
                    if self.session.client.try_subscribe(topic::ALL_TELEMETRY, QoS::AtLeastOnce).is_err() {
                        tracing::error!("the subscription to telemetry was not sent");
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.forget_connection();
                    tracing::warn!(%error, failures, "the broker's telemetry connection was lost; connecting again");
                    metrics::counter!("cloudphone_devices_broker_reconnects_total", "connection" => "telemetry")
                        .increment(1);
                    let pause = mqtt::reconnect_pause(failures).max(Duration::from_millis(100));
                    stop.run_until_cancelled(tokio::time::sleep(pause)).await;
                    failures += 1;
                }
            }
        }
    }

    fn receive(&self, message: Publish, unacknowledged: &mpsc::Sender<Unacknowledged>) {
        if message.qos == QoS::AtMostOnce {
            return self.intake.receive(&message.topic, &message.payload);
        }
        let storing = self.intake.begin(&message.topic, &message.payload);
        let connection = *self.session.connection.lock();
        if unacknowledged.try_send(Unacknowledged { connection, message, storing }).is_err() {
            // No broker may leave so many open; one that does gets its acknowledgements anew.
            self.session.start_over.notify_one();
        }
    }

    /// Nothing of the connection's is acknowledged any more, not even what already waits for the network.
    fn forget_connection(&mut self) {
        self.context.connections.telemetry.store(false, Ordering::Relaxed);
        *self.session.connection.lock() += 1;
        self.events.clean();
    }
}

fn options(context: &DevicesContext) -> Result<MqttOptions, BrokerAddressError> {
    let broker = &context.settings.broker;
    let client_id = format!("{}-telemetry", broker.client_id);
    let mut options = mqtt::options(&broker.url, &client_id, &broker.username, &broker.password)?;
    options.set_clean_session(false);
    options.set_manual_acks(true);
    Ok(options)
}

/// Acknowledges in the order of arrival (MQTT 3.1.1 §4.6), which is nearly that of storing.
async fn acknowledge(session: Arc<Session>, mut waiting: mpsc::Receiver<Unacknowledged>) {
    while let Some(Unacknowledged { connection, message, storing }) = waiting.recv().await {
        let stored = storing.done().await;
        let present = session.connection.lock();
        if *present != connection {
            continue;
        }
        if stored.is_err() || session.client.try_ack(&message).is_err() {
            metrics::counter!("cloudphone_devices_acknowledgements_withheld_total").increment(1);
            session.start_over.notify_one();
        }
    }
}
