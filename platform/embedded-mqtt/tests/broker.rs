//! The broker with real clients: rights, floods, taps, retained messages, wills, shared subscriptions and restarts.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cloudphone_embedded_mqtt::{
    Authority, ConnectRequest, EmbeddedMqtt, NotKept, Options, Principal, Refusal, Statistics, Tap,
};
use rumqttc::{AsyncClient, Event, EventLoop, LastWill, MqttOptions, Packet, Publish, QoS, SubscribeReasonCode};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_secs(10);

/// Knows `platform`, and any client `phone-…` with the password `secret`, who may use `phones/{name}/#`.
struct Phones;

#[async_trait]
impl Authority for Phones {
    async fn authenticate(&self, request: ConnectRequest<'_>) -> Result<Principal, Refusal> {
        let name = request.username.ok_or(Refusal::BadCredentials)?;
        if request.password != Some(b"secret") {
            return Err(Refusal::BadCredentials);
        }
        if name == "platform" {
            return Ok(Principal::service(name));
        }
        if request.client_id != name {
            return Err(Refusal::NotAuthorized);
        }
        let own: Arc<[String]> = Arc::new([format!("phones/{name}/#")]);
        Ok(Principal { name: name.into(), publish: Arc::clone(&own), subscribe: own, messages_per_second: Some(200) })
    }
}

async fn broker() -> EmbeddedMqtt {
    EmbeddedMqtt::start(Options::default(), Arc::new(Phones)).await.unwrap()
}

struct Client {
    client: AsyncClient,
    events: EventLoop,
}

impl Client {
    fn options(port: u16, name: &str) -> MqttOptions {
        let mut options = MqttOptions::new(name, "127.0.0.1", port);
        options.set_credentials(name, "secret").set_keep_alive(Duration::from_secs(5));
        options
    }

    async fn with(options: MqttOptions) -> Self {
        let (client, events) = AsyncClient::new(options, 100);
        let mut client = Self { client, events };
        client.until(|packet| matches!(packet, Packet::ConnAck(_)).then_some(())).await;
        client
    }

    async fn connect(broker: &EmbeddedMqtt, name: &str) -> Self {
        Self::with(Self::options(broker.tcp_addr().port(), name)).await
    }

    async fn until<T>(&mut self, mut wanted: impl FnMut(Packet) -> Option<T>) -> T {
        timeout(PATIENCE, async {
            loop {
                if let Event::Incoming(packet) = self.events.poll().await.expect("the connection holds")
                    && let Some(found) = wanted(packet)
                {
                    return found;
                }
            }
        })
        .await
        .expect("the packet arrives in time")
    }

    async fn subscribe(&mut self, filter: &str) -> SubscribeReasonCode {
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        self.until(|packet| match packet {
            Packet::SubAck(ack) => Some(ack.return_codes[0]),
            _ => None,
        })
        .await
    }

    async fn message(&mut self) -> Publish {
        self.until(|packet| match packet {
            Packet::Publish(publish) => Some(publish),
            _ => None,
        })
        .await
    }

    /// Everything up to and including a message on the topic `end`.
    async fn messages_until(&mut self, end: &str) -> Vec<String> {
        let mut topics = Vec::new();
        loop {
            let message = self.message().await;
            topics.push(message.topic.clone());
            if message.topic == end {
                return topics;
            }
        }
    }

    async fn publish(&self, topic: &str, retain: bool, payload: &str) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await.unwrap();
    }

    /// Keeps the connection going in the background.
    fn run(mut self) -> AsyncClient {
        tokio::spawn(async move { while self.events.poll().await.is_ok() {} });
        self.client
    }
}

#[tokio::test]
async fn a_wrong_password_or_anothers_client_id_is_refused() {
    let broker = broker().await;
    let mut wrong = Client::options(broker.tcp_addr().port(), "phone-1");
    wrong.set_credentials("phone-1", "guess");
    let mut stolen = MqttOptions::new("phone-1", "127.0.0.1", broker.tcp_addr().port());
    stolen.set_credentials("phone-2", "secret");
    for options in [wrong, stolen] {
        let (_client, mut events) = AsyncClient::new(options, 10);
        assert!(timeout(PATIENCE, events.poll()).await.unwrap().is_err());
    }
    assert_eq!(broker.statistics().refused_connections, 2);
    broker.stop().await;
}

#[tokio::test]
async fn a_device_cannot_use_anothers_topics() {
    let broker = broker().await;
    let mut platform = Client::connect(&broker, "platform").await;
    platform.subscribe("phones/#").await;
    let mut phone = Client::connect(&broker, "phone-1").await;
    assert_eq!(phone.subscribe("phones/phone-2/commands").await, SubscribeReasonCode::Failure);
    assert_eq!(phone.subscribe("phones/#").await, SubscribeReasonCode::Failure);
    assert_eq!(phone.subscribe("#").await, SubscribeReasonCode::Failure);
    assert_ne!(phone.subscribe("phones/phone-1/commands").await, SubscribeReasonCode::Failure);
    let phone = phone.run();
    phone.publish("phones/phone-2/telemetry", QoS::AtLeastOnce, false, "forged").await.unwrap();
    phone.publish("phones/phone-1/telemetry", QoS::AtLeastOnce, false, "own").await.unwrap();
    assert_eq!(platform.messages_until("phones/phone-1/telemetry").await, ["phones/phone-1/telemetry"]);
    assert_eq!(broker.statistics().refused_publishes, 1);
    assert_eq!(broker.statistics().refused_subscriptions, 3);
    broker.stop().await;
}

#[tokio::test]
async fn retained_messages_and_wills_reach_those_who_come_later() {
    let broker = broker().await;
    let mut options = Client::options(broker.tcp_addr().port(), "phone-1");
    options.set_last_will(LastWill::new("phones/phone-1/status", "offline", QoS::AtLeastOnce, true));
    let phone = Client::with(options).await;
    let sender = phone.client.clone();
    let running = tokio::spawn(async move {
        let mut phone = phone;
        while phone.events.poll().await.is_ok() {}
    });
    sender.publish("phones/phone-1/status", QoS::AtLeastOnce, true, "online").await.unwrap();
    let mut platform = Client::connect(&broker, "platform").await;
    platform.subscribe("phones/+/status").await;
    assert_eq!(&*platform.message().await.payload, b"online");
    // Dropping the connection without a DISCONNECT is what a will is for.
    running.abort();
    assert_eq!(&*platform.message().await.payload, b"offline");
    broker.stop().await;
}

#[tokio::test]
async fn a_flooding_device_is_slowed_down_and_thrown_out() {
    let broker = broker().await;
    let phone = Client::connect(&broker, "phone-1").await;
    let sender = phone.client.clone();
    let flood = tokio::spawn(async move {
        while sender.publish("phones/phone-1/telemetry", QoS::AtMostOnce, false, "x").await.is_ok() {}
    });
    let mut phone = phone;
    let thrown_out = timeout(PATIENCE, async { while phone.events.poll().await.is_ok() {} }).await;
    assert!(thrown_out.is_ok(), "the flood ends by disconnection");
    flood.abort();
    let statistics = broker.statistics();
    assert!(statistics.accepted < 1_000, "{statistics:?}");
    assert!(statistics.rate_limited >= 1_000, "{statistics:?}");
    broker.stop().await;
}

#[tokio::test]
async fn members_of_a_shared_subscription_take_turns() {
    let broker = broker().await;
    let mut members = Vec::new();
    for name in ["one", "two"] {
        let mut options = MqttOptions::new(name, "127.0.0.1", broker.service_addr().port());
        options.set_credentials("platform", "secret");
        let mut member = Client::with(options).await;
        member.subscribe("$share/group/phones/#").await;
        members.push(member);
    }
    let phone = Client::connect(&broker, "phone-1").await;
    for _ in 0..4 {
        phone.publish("phones/phone-1/telemetry", false, "x").await;
    }
    phone.run();
    for member in &mut members {
        member.message().await;
        member.message().await;
    }
    broker.stop().await;
}

#[tokio::test]
async fn an_oversized_packet_ends_its_connection() {
    let broker = broker().await;
    let mut options = Client::options(broker.tcp_addr().port(), "phone-1");
    options.set_max_packet_size(10_000_000, 10_000_000);
    let mut phone = Client::with(options).await;
    phone.publish("phones/phone-1/telemetry", false, &"x".repeat(300_000)).await;
    let ended = timeout(PATIENCE, async { while phone.events.poll().await.is_ok() {} }).await;
    assert!(ended.is_ok());
    broker.stop().await;
}

#[tokio::test]
async fn a_disconnected_principal_is_gone_and_may_come_back() {
    let broker = broker().await;
    let mut phone = Client::connect(&broker, "phone-1").await;
    broker.disconnect("phone-1").await;
    assert!(timeout(PATIENCE, async { while phone.events.poll().await.is_ok() {} }).await.is_ok());
    Client::connect(&broker, "phone-1").await;
    broker.stop().await;
}

#[tokio::test]
async fn a_stopped_broker_frees_its_port_and_a_taken_port_is_named() {
    let first = broker().await;
    let address = first.tcp_addr();
    let options = Options { tcp: address, ..Options::default() };
    let refusal = EmbeddedMqtt::start(options.clone(), Arc::new(Phones)).await.err().unwrap().to_string();
    assert!(refusal.contains(&address.to_string()), "{refusal}");
    first.stop().await;
    let second = EmbeddedMqtt::start(options, Arc::new(Phones)).await.unwrap();
    Client::connect(&second, "phone-1").await;
    second.stop().await;
}

#[tokio::test]
async fn messages_wait_for_a_device_that_is_away() {
    let broker = broker().await;
    let mut options = Client::options(broker.tcp_addr().port(), "phone-1");
    options.set_clean_session(false);
    let mut phone = Client::with(options.clone()).await;
    phone.subscribe("phones/phone-1/commands").await;
    drop(phone);
    let platform = Client::connect(&broker, "platform").await;
    platform.publish("phones/phone-1/commands", false, "start").await;
    platform.run();
    let mut phone = Client::with(options).await;
    assert_eq!(&*phone.message().await.payload, b"start");
    broker.stop().await;
}

#[tokio::test]
async fn a_device_cannot_leave_a_will_to_another() {
    let broker = broker().await;
    for topic in ["phones/phone-2/commands", "phones/phone-2/status"] {
        let mut options = Client::options(broker.tcp_addr().port(), "phone-1");
        options.set_last_will(LastWill::new(topic, "forged", QoS::AtLeastOnce, false));
        let (_client, mut events) = AsyncClient::new(options, 10);
        assert!(timeout(PATIENCE, events.poll()).await.unwrap().is_err());
    }
    assert_eq!(broker.statistics().refused_connections, 2);
    broker.stop().await;
}

/// Keeps a message when the test gives leave, and tells of each; the payload `broken` is never kept.
struct Safe {
    leave: Arc<Semaphore>,
    received: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl Tap for Safe {
    fn receive(&self, _: &str, payload: &[u8]) {
        self.received.send(String::from_utf8(payload.to_vec()).unwrap()).unwrap();
    }

    async fn keep(&self, topic: &str, payload: &[u8]) -> Result<(), NotKept> {
        if payload == b"broken" {
            return Err(NotKept);
        }
        self.receive(topic, payload);
        self.leave.acquire().await.unwrap().forget();
        Ok(())
    }
}

fn tapped(broker: &EmbeddedMqtt) -> (Arc<Semaphore>, mpsc::UnboundedReceiver<String>) {
    let (leave, (received, messages)) = (Arc::new(Semaphore::new(0)), mpsc::unbounded_channel());
    broker.tap("phones/+/telemetry", Arc::new(Safe { leave: Arc::clone(&leave), received }));
    (leave, messages)
}

impl Client {
    async fn is_acknowledged(&mut self) {
        self.until(|packet| matches!(packet, Packet::PubAck(_)).then_some(())).await;
    }
}

#[tokio::test]
async fn a_tapped_message_is_acknowledged_when_it_is_kept_and_no_sooner() {
    let broker = broker().await;
    let (leave, mut messages) = tapped(&broker);
    let mut watcher = Client::connect(&broker, "platform").await;
    watcher.subscribe("phones/#").await;
    let mut phone = Client::connect(&broker, "phone-1").await;
    phone.publish("phones/phone-1/telemetry", false, "first").await;
    // The message is at the tap, and nothing that the broker sends before it is kept can be its acknowledgement.
    tokio::select! {
        message = messages.recv() => assert_eq!(message.as_deref(), Some("first")),
        () = phone.is_acknowledged() => panic!("acknowledged before it was kept"),
        () = tokio::time::sleep(PATIENCE) => panic!("the tap takes it"),
    }
    leave.add_permits(1);
    phone.is_acknowledged().await;
    assert_eq!(&*watcher.message().await.payload, b"first", "subscribers get it as well");

    // Other topics and other clients do not wait.
    phone.publish("phones/phone-1/status", true, "online").await;
    phone.is_acknowledged().await;
    phone.publish("phones/phone-1/telemetry", false, "second").await;
    let mut other = Client::connect(&broker, "phone-2").await;
    other.client.publish("phones/phone-2/telemetry", QoS::AtMostOnce, false, "unanswered").await.unwrap();
    other.publish("phones/phone-2/status", true, "online").await;
    other.is_acknowledged().await;
    leave.add_permits(1);
    phone.is_acknowledged().await;
    let mut taken = vec![messages.recv().await.unwrap(), messages.recv().await.unwrap()];
    taken.sort();
    assert_eq!(taken, ["second", "unanswered"]);
    broker.stop().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_kept_is_not_acknowledged_and_may_be_sent_again() {
    let options = Options { keeping: Duration::from_millis(200), ..Options::default() };
    let broker = EmbeddedMqtt::start(options, Arc::new(Phones)).await.unwrap();
    let (leave, mut messages) = tapped(&broker);
    for payload in ["broken", "late"] {
        let mut phone = Client::connect(&broker, "phone-1").await;
        phone.publish("phones/phone-1/telemetry", false, payload).await;
        let ended = async {
            loop {
                match phone.events.poll().await {
                    Ok(Event::Incoming(Packet::PubAck(_))) => panic!("{payload} was acknowledged"),
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        timeout(PATIENCE, ended).await.expect("the connection ends");
    }
    let Statistics { withheld, .. } = broker.statistics();
    assert_eq!(withheld, 2);
    assert_eq!(messages.recv().await.as_deref(), Some("late"));
    leave.add_permits(1);
    let mut phone = Client::connect(&broker, "phone-1").await;
    phone.publish("phones/phone-1/telemetry", false, "late").await;
    phone.is_acknowledged().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_device_that_wants_acknowledgements_is_slowed_down_and_loses_nothing() {
    let broker = broker().await;
    let (leave, mut messages) = tapped(&broker);
    leave.add_permits(1000);
    let phone = Client::connect(&broker, "phone-1").await;
    let began = Instant::now();
    let sender = phone.run();
    for number in 0..300 {
        sender.publish("phones/phone-1/telemetry", QoS::AtLeastOnce, false, number.to_string()).await.unwrap();
    }
    for number in 0..300 {
        let message = timeout(PATIENCE, messages.recv()).await.expect("every message comes").unwrap();
        assert_eq!(message, number.to_string(), "in order");
    }
    assert!(began.elapsed() > Duration::from_millis(450), "200 at once, 100 more in half a second");
    let statistics = broker.statistics();
    assert_eq!((statistics.rate_limited, statistics.accepted), (0, 300));
    assert!(statistics.slowed > 0);
    broker.stop().await;
}
