//! A phone that sends each measurement until it is acknowledged, and remembers which were.

use std::iter::repeat_n;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use tokio::time::interval;
use url::Url;

use super::{Client, samples, text};

/// A device's account at the broker, and what it knows to be stored.
#[derive(Clone)]
pub struct CarefulDevice {
    pub id: String,
    topic: String,
    username: String,
    secret: String,
    /// When its clock began.
    born: DateTime<Utc>,
    /// How many measurements were acknowledged: all with a smaller number.
    acknowledged: Arc<AtomicU64>,
    /// The measurement that is not acknowledged yet.
    open: Arc<Mutex<Option<String>>>,
}

impl CarefulDevice {
    /// Gets a fresh credential for a device.
    pub async fn take_over(owner: &Client, id: &str) -> Self {
        let given = owner.change("rotateDeviceCredential", &json!({ "id": id }), "username secret").await;
        let tenant = owner.ask("{ me { tenant { id } } }", json!({})).await["me"]["tenant"]["id"].clone();
        Self {
            id: id.to_owned(),
            topic: format!("cloudphone/v1/{}/devices/{id}/telemetry", text(&tenant)),
            username: text(&given["username"]).to_owned(),
            secret: text(&given["secret"]).to_owned(),
            born: Utc::now().trunc_subsecs(3),
            acknowledged: Arc::default(),
            open: Arc::default(),
        }
    }

    /// How many measurements were acknowledged so far: those with a smaller number.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Measures fifty times a second, as far as acknowledgements come, until it is over and the last one is acknowledged.
    pub async fn measure(self, broker: String, over: Arc<AtomicBool>) {
        let (client, mut events) = AsyncClient::new(self.options(&broker), 10);
        let mut pace = interval(Duration::from_millis(20));
        let mut connected = false;
        loop {
            // A connection begins with what was not acknowledged on the one before.
            if connected && self.open.lock().unwrap().is_none() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                pace.tick().await;
                *self.open.lock().unwrap() = Some(self.measurement());
                self.send(&client);
            }
            match events.poll().await {
                Ok(Event::Incoming(Packet::PubAck(_))) => {
                    *self.open.lock().unwrap() = None;
                    self.acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Event::Incoming(Packet::ConnAck(_))) => {
                    connected = true;
                    self.send(&client);
                }
                Ok(_) => {}
                Err(_) => {
                    connected = false;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn send(&self, client: &AsyncClient) {
        if let Some(message) = self.open.lock().unwrap().clone() {
            client.try_publish(&self.topic, QoS::AtLeastOnce, false, message).unwrap();
        }
    }

    fn measurement(&self) -> String {
        let number = self.acknowledged();
        json!({ "ts": self.at(number), "seq": number, "cpu": 50.0 }).to_string()
    }

    /// By its clock a millisecond passes from one measurement to the next, so that the history can show each by itself.
    fn at(&self, number: u64) -> DateTime<Utc> {
        self.born + TimeDelta::milliseconds(i64::try_from(number).unwrap())
    }

    fn options(&self, broker: &str) -> MqttOptions {
        let url = Url::parse(broker).unwrap();
        let mut options = MqttOptions::new(&self.username, url.host_str().unwrap(), url.port().unwrap());
        options.set_credentials(&self.username, &self.secret);
        options
    }

    /// The numbers of all measurements in the history, in order, each as often as it is there.
    pub async fn history(&self, owner: &Client) -> Vec<u64> {
        let query = "query($id: ID!, $from: DateTime!, $to: DateTime!) { device(id: $id) {
            each: telemetry(resolution: RAW, maxPoints: 2000, from: $from, to: $to) { at samples }
            all: telemetry(resolution: RAW) { samples } } }";
        let variables = json!({ "id": self.id, "from": self.born, "to": self.at(2000) });
        let device = owner.ask(query, variables).await["device"].clone();
        let number = |point: &Value| {
            let at: DateTime<Utc> = text(&point["at"]).parse().unwrap();
            u64::try_from((at - self.born).num_milliseconds()).unwrap()
        };
        let times = |point: &Value| usize::try_from(point["samples"].as_u64().unwrap()).unwrap();
        let points = device["each"].as_array().unwrap().iter();
        let each: Vec<u64> = points.flat_map(|point| repeat_n(number(point), times(point))).collect();
        assert_eq!(each.len() as u64, samples(&device["all"]), "nothing else was measured");
        each
    }
}
