//! A device at the other end of the wire, driven by hand.

use std::time::Duration;

use cloudphone_core::{DeviceId, TenantId};
use cloudphone_devices::topic::{self, Channel};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Engines;

/// An MQTT client with a device's credential.
pub struct HandDevice {
    pub tenant_id: TenantId,
    pub device_id: DeviceId,
    pub client: AsyncClient,
    commands: mpsc::Receiver<Value>,
    task: JoinHandle<()>,
}

impl HandDevice {
    /// Connects and says that it is there.
    pub async fn connect(engines: &Engines, tenant_id: TenantId, device_id: DeviceId, secret: &str) -> Self {
        let name = topic::username(device_id);
        let address = engines.broker.tcp_addr();
        let mut options = MqttOptions::new(&name, address.ip().to_string(), address.port());
        options.set_credentials(&name, secret);
        let (client, mut events) = AsyncClient::new(options, 20_000);
        let (sender, commands) = mpsc::channel(100);
        let (up, mut is_up) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => {
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
        client.subscribe(topic::commands(tenant_id, device_id), QoS::AtLeastOnce).await.unwrap();
        let device = Self { tenant_id, device_id, client, commands, task };
        device.say(Channel::Status, true, &serde_json::json!({ "online": true, "ts": chrono::Utc::now() })).await;
        device
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
