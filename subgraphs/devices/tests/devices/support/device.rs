//! A device at the other end of the wire, driven by hand.

use std::time::Duration;

use chrono::Utc;
use cloudphone_core::{Caller, DeviceId, TenantId};
use cloudphone_devices::topic::{self, Channel};
use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Engines, Running, eventually};

/// An MQTT client with a device's credential.
pub struct HandDevice {
    pub tenant_id: TenantId,
    pub device_id: DeviceId,
    pub client: AsyncClient,
    commands: mpsc::Receiver<Value>,
    task: JoinHandle<()>,
}

impl HandDevice {
    /// Connects with the secret that a rotation shows.
    pub async fn of(engines: &Engines, domain: &Running, caller: &Caller, id: &str) -> Self {
        let secret = domain.rotate(caller, id).await;
        let device = Self::connect(engines, caller.tenant_id, id.parse().unwrap(), &secret).await;
        eventually("the device is online", async || domain.is_online(caller, id).await).await;
        device
    }

    /// Connects, listens for commands and says that it is there; again whenever the connection was lost.
    pub async fn connect(engines: &Engines, tenant_id: TenantId, device_id: DeviceId, secret: &str) -> Self {
        let (client, mut events) = AsyncClient::new(signing_in(engines, device_id, secret), 20_000);
        let (sender, commands) = mpsc::channel(100);
        let (up, mut is_up) = mpsc::channel(1);
        let within = client.clone();
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
                        let online = json!({ "online": true, "ts": Utc::now() }).to_string();
                        let status = topic::upward(tenant_id, device_id, Channel::Status);
                        within.try_subscribe(topic::commands(tenant_id, device_id), QoS::AtLeastOnce).unwrap();
                        within.try_publish(status, QoS::AtLeastOnce, true, online).unwrap();
                        let _ = up.try_send(());
                    }
                    Ok(Event::Incoming(Packet::Publish(message))) => {
                        let _ = sender.send(serde_json::from_slice(&message.payload).unwrap()).await;
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        tokio::time::timeout(Duration::from_secs(10), is_up.recv()).await.expect("the device signs in").unwrap();
        Self { tenant_id, device_id, client, commands, task }
    }

    /// Says that it is gone.
    pub async fn leave(&self) {
        self.say(Channel::Status, true, &json!({ "online": false, "ts": Utc::now() })).await;
    }

    /// Says how its power is.
    pub async fn report(&self, state: &str, boot_id: Uuid) {
        let twin = json!({ "ts": Utc::now(), "state": state, "bootId": boot_id, "androidVersion": "14" });
        self.say(Channel::Reported, true, &twin).await;
    }

    /// Answers a command.
    pub async fn answer(&self, command: &Value, status: &str, more: Value) {
        let mut ack = json!({ "commandId": command["id"], "status": status, "ts": Utc::now() });
        ack.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.say(Channel::Acks, false, &ack).await;
    }

    /// Tells a measurement of now, and wants no answer.
    pub async fn measure(&self, sequence: u64, cpu: f64) {
        let topic = topic::upward(self.tenant_id, self.device_id, Channel::Telemetry);
        let sample = json!({ "ts": Utc::now(), "seq": sequence, "cpu": cpu }).to_string();
        self.client.publish(topic, QoS::AtMostOnce, false, sample).await.unwrap();
    }

    pub async fn say(&self, channel: Channel, retain: bool, message: &Value) {
        self.send(&topic::upward(self.tenant_id, self.device_id, channel), retain, message.to_string().into_bytes())
            .await;
    }

    pub async fn send(&self, topic: &str, retain: bool, payload: Vec<u8>) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await.unwrap();
    }

    pub async fn command(&mut self) -> Value {
        tokio::time::timeout(Duration::from_secs(20), self.commands.recv()).await.expect("a command comes").unwrap()
    }
}

impl Drop for HandDevice {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A device that sends each message until it is acknowledged, one after the other.
pub struct CarefulDevice {
    client: AsyncClient,
    events: EventLoop,
    topic: String,
    open: Option<String>,
}

impl CarefulDevice {
    /// Signs in with a new secret.
    pub async fn of(engines: &Engines, domain: &Running, caller: &Caller, id: &str) -> Self {
        let secret = domain.rotate(caller, id).await;
        let device_id = id.parse().unwrap();
        Self::connect(signing_in(engines, device_id, &secret), caller.tenant_id, device_id).await
    }

    /// Connects to any broker.
    pub async fn connect(options: MqttOptions, tenant_id: TenantId, device_id: DeviceId) -> Self {
        let (client, mut events) = AsyncClient::new(options, 10);
        let signed_in = async { while !matches!(events.poll().await, Ok(Event::Incoming(Packet::ConnAck(_)))) {} };
        tokio::time::timeout(Duration::from_secs(10), signed_in).await.expect("the device signs in");
        Self { client, events, topic: topic::upward(tenant_id, device_id, Channel::Telemetry), open: None }
    }

    /// Sends a message; [`is_acknowledged`](Self::is_acknowledged) sees to it that it arrives.
    pub fn begin(&mut self, message: impl Into<String>) {
        self.open = Some(message.into());
        self.send();
    }

    fn send(&self) {
        let Some(message) = self.open.clone() else { return };
        self.client.try_publish(&self.topic, QoS::AtLeastOnce, false, message).unwrap();
    }

    /// Waits for the acknowledgement, and sends again whenever the connection was lost before.
    pub async fn is_acknowledged(&mut self) {
        while self.open.is_some() {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => self.open = None,
                Ok(Event::Incoming(Packet::ConnAck(_))) => self.send(),
                Ok(_) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    pub async fn tell(&mut self, message: impl Into<String>) {
        self.begin(message);
        tokio::time::timeout(Duration::from_secs(30), self.is_acknowledged()).await.expect("it is acknowledged");
    }
}

/// A measurement of now.
pub fn sample(sequence: u64) -> String {
    json!({ "ts": Utc::now(), "seq": sequence, "cpu": 1.0 }).to_string()
}

fn signing_in(engines: &Engines, device_id: DeviceId, secret: &str) -> MqttOptions {
    let name = topic::username(device_id);
    let mut options = MqttOptions::new(&name, engines.address.ip().to_string(), engines.address.port());
    options.set_credentials(&name, secret);
    // The broker's limits are to be met, not the client's own.
    options.set_max_packet_size(1 << 20, 1 << 20);
    options
}

/// Whether the broker takes somebody in.
pub async fn is_let_in(options: MqttOptions) -> bool {
    let (_client, mut events) = AsyncClient::new(options, 10);
    let answer = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(answer))) => break answer.code == ConnectReturnCode::Success,
                Ok(_) => {}
                Err(ConnectionError::ConnectionRefused(_)) => break false,
                Err(error) => panic!("the broker gives no answer: {error}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answer).await.expect("the broker answers")
}

/// Whether the broker takes a device in that presents this secret.
pub async fn is_welcome(engines: &Engines, id: &str, secret: &str) -> bool {
    is_let_in(signing_in(engines, id.parse().unwrap(), secret)).await
}
