//! A phone at the other end of the wire, driven by hand over MQTT.

use std::time::Duration;

use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use url::Url;

use super::{Client, Socket, text};

/// Messages that wait for the network.
const WAITING: usize = 5000;
/// The largest message that it would send.
const LARGEST: usize = 2 * 1024 * 1024;

/// An MQTT client with a device's credential.
pub struct MqttDevice {
    pub tenant: String,
    pub id: String,
    pub client: AsyncClient,
    connections: watch::Receiver<u32>,
    task: JoinHandle<()>,
}

impl MqttDevice {
    /// Takes a device over: gets a fresh credential for it, and connects in the place of whoever played it.
    pub async fn take_over(owner: &Client, broker: &str, id: &str) -> Self {
        let given = owner.change("rotateDeviceCredential", &json!({ "id": id }), "username secret").await;
        let tenant = owner.ask("{ me { tenant { id } } }", json!({})).await["me"]["tenant"]["id"].clone();
        Self::connect(broker, text(&tenant), id, text(&given["username"]), text(&given["secret"])).await
    }

    /// Connects under any name; whether that is admitted is the broker's rule.
    pub async fn connect(broker: &str, tenant: &str, id: &str, username: &str, secret: &str) -> Self {
        let (client, mut events) = AsyncClient::new(options(broker, username, username, secret), WAITING);
        let (up, mut connections) = watch::channel(0);
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => up.send_modify(|count| *count += 1),
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        let connected = timeout(Duration::from_secs(15), connections.wait_for(|count| *count > 0)).await;
        connected.expect("the device signs in").unwrap();
        Self { tenant: tenant.to_owned(), id: id.to_owned(), client, connections, task }
    }

    /// Whether a broker lets somebody in.
    pub async fn is_admitted(broker: &str, client_id: &str, username: &str, secret: &str) -> bool {
        let (_client, mut events) = AsyncClient::new(options(broker, client_id, username, secret), 10);
        let answer = timeout(Duration::from_secs(10), async {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(answer))) => return answer.code == ConnectReturnCode::Success,
                    Ok(_) => {}
                    Err(ConnectionError::ConnectionRefused(_)) => return false,
                    Err(error) => panic!("the broker does not answer: {error}"),
                }
            }
        });
        answer.await.expect("the broker answers")
    }

    /// How often it has connected.
    pub fn connections(&self) -> u32 {
        *self.connections.borrow()
    }

    pub fn topic(&self, channel: &str) -> String {
        format!("cloudphone/v1/{}/devices/{}/{channel}", self.tenant, self.id)
    }

    /// Measures, with the number 0, until a subscriber that has just begun hears of it.
    pub async fn measure_until_heard(&self, socket: &mut Socket) {
        let heard =
            socket.event(20, "a first measurement", |data| data["deviceTelemetry"]["sample"]["sequence"].as_u64());
        let knocking = async {
            loop {
                self.measure(0, 1.0).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::select! {
            _ = heard => {}
            () = knocking => {}
        }
    }

    /// Publishes on a channel of its own.
    pub async fn say(&self, channel: &str, message: &Value) {
        self.publish(&self.topic(channel), message.to_string()).await;
    }

    /// Publishes anything anywhere.
    pub async fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client.publish(topic, QoS::AtMostOnce, false, payload).await.unwrap();
    }

    /// A measurement.
    pub async fn measure(&self, sequence: u64, cpu: f64) {
        self.say("telemetry", &json!({ "ts": chrono::Utc::now(), "seq": sequence, "cpu": cpu })).await;
    }
}

impl Drop for MqttDevice {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn options(broker: &str, client_id: &str, username: &str, secret: &str) -> MqttOptions {
    let url = Url::parse(broker).unwrap();
    let mut options = MqttOptions::new(client_id, url.host_str().unwrap(), url.port().unwrap());
    options.set_credentials(username, secret).set_max_packet_size(LARGEST, LARGEST);
    options
}
