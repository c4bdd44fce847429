//! One connection of a subscriber (graphql-transport-ws): it subscribes, and checks every event that it reads.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::audience::Tally;
use super::queries::Subscription;

/// The receive buffer of a reader that stalls, in bytes: the kernel must not read on for it for long.
const STALLED_BUFFER: u32 = 4096;

type Socket = WebSocketStream<TcpStream>;

/// Connects and subscribes to everything, under ids that count from one.
pub async fn open(
    address: SocketAddr,
    url: &str,
    subscriptions: &[Subscription],
    stalled: bool,
) -> anyhow::Result<Socket> {
    let socket = TcpSocket::new_v4()?;
    if stalled {
        socket.set_recv_buffer_size(STALLED_BUFFER)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    socket.send(Message::text("{\"type\":\"connection_init\",\"payload\":{}}")).await?;
    loop {
        match socket.next().await.context("the connection ended before it began")?? {
            Message::Text(text) if text.contains("connection_ack") => break,
            Message::Text(text) if text.contains("ping") => {}
            other => bail!("expected an acknowledgement, not {other:?}"),
        }
    }
    for (id, subscription) in (1..).zip(subscriptions) {
        let id: u32 = id;
        let subscribe = json!({ "id": id.to_string(), "type": "subscribe", "payload": subscription.request() });
        socket.send(Message::text(subscribe.to_string())).await?;
    }
    Ok(socket)
}

/// Reads until the connection ends. `now` gives the time of the source's clock in microseconds.
pub async fn read(mut socket: Socket, subscriptions: &[Subscription], tally: &Tally, now: impl Fn() -> u64) {
    let mut followed: Vec<Followed> = subscriptions.iter().map(Followed::new).collect();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        if text.contains("\"type\":\"ping\"") {
            // An error shows in the next read.
            let _ = socket.send(Message::text("{\"type\":\"pong\"}")).await;
            continue;
        }
        let Ok(Told { sent_at, missing, .. }) = take(&mut followed, &text) else {
            tally.wrong.get_or_init(|| text.to_string());
            continue;
        };
        tally.missing.fetch_add(missing, Ordering::Relaxed);
        tally.received.fetch_add(1, Ordering::Relaxed);
        if tally.is_measuring() {
            tally.note(Duration::from_micros(now().saturating_sub(sent_at)));
        }
    }
}

fn take(followed: &mut [Followed], text: &str) -> anyhow::Result<Told> {
    if let [only] = followed {
        return only.take(text);
    }
    let (_, rest) = text.split_once("\"id\":\"").context("a message without an id")?;
    let (id, _) = rest.split_once('"').context("an id without an end")?;
    let position = id.parse::<usize>()?.checked_sub(1).context("ids count from one")?;
    followed.get_mut(position).context("nobody asked under this id")?.take(text)
}

/// What an event told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    sequence: u64,
    /// Microseconds of the source's clock.
    sent_at: u64,
    /// Events between the last one and this.
    missing: u64,
}

/// A subscription and what came of it so far.
struct Followed {
    expected: Value,
    last: u64,
    /// The text of an event that was found to be right, around its two numbers.
    known: Option<[String; 3]>,
}

#[derive(Deserialize)]
struct Event {
    r#type: String,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    data: Changed,
    errors: Option<Value>,
}

#[derive(Deserialize)]
struct Changed {
    #[serde(rename = "stockChanged")]
    stock_changed: Map<String, Value>,
}

impl Followed {
    fn new(subscription: &Subscription) -> Self {
        Self { expected: subscription.event(), last: 0, known: None }
    }

    /// An error when the event is another than it must be.
    fn take(&mut self, text: &str) -> anyhow::Result<Told> {
        let numbers = self.known.as_ref().and_then(|known| numbers(text, known));
        let (sequence, sent_at) = match numbers {
            Some(numbers) => numbers,
            None => self.check(text)?,
        };
        let missing = if self.last > 0 { sequence.saturating_sub(self.last + 1) } else { 0 };
        self.last = sequence;
        Ok(Told { sequence, sent_at, missing })
    }

    /// Takes it apart, and remembers its text.
    fn check(&mut self, text: &str) -> anyhow::Result<(u64, u64)> {
        let Event { r#type, payload: Payload { data, errors } } = serde_json::from_str(text)?;
        ensure!(r#type == "next" && errors.is_none(), "no event");
        let mut event = data.stock_changed;
        let mut number = |name: &str| -> anyhow::Result<String> {
            let value = event.remove(name).context("a number is missing")?;
            Ok(value.as_str().context("a number is no text")?.to_owned())
        };
        let (sequence, sent_at) = (number("sequence")?, number("sentAt")?);
        ensure!(Value::Object(event) == self.expected, "another event");
        self.known = around(text, &sequence, &sent_at);
        Ok((sequence.parse()?, sent_at.parse()?))
    }
}

/// A text around the two numbers, as far as they come in the order of the selection.
fn around(text: &str, sequence: &str, sent_at: &str) -> Option<[String; 3]> {
    let (before, rest) = text.split_once(&format!("\"sequence\":\"{sequence}\""))?;
    let (between, after) = rest.split_once(&format!("\"sentAt\":\"{sent_at}\""))?;
    Some([format!("{before}\"sequence\":\""), format!("\"{between}\"sentAt\":\""), format!("\"{after}")])
}

/// The two numbers of a text that is otherwise the same.
fn numbers(text: &str, [before, between, after]: &[String; 3]) -> Option<(u64, u64)> {
    let inner = text.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
    let (sequence, sent_at) = inner.split_once(between.as_str())?;
    Some((sequence.parse().ok()?, sent_at.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn followed() -> Followed {
        Followed::new(&Subscription { topic: "all".to_owned(), selection: 14, join: false })
    }

    fn event(sequence: u64, level: u64) -> String {
        format!(
            "{{\"id\":\"1\",\"type\":\"next\",\"payload\":{{\"data\":{{\"stockChanged\":{{\"sequence\":\"{sequence}\",\"sentAt\":\"40\",\"level\":{level},\"phone\":{{\"id\":\"phone-7\"}}}}}}}}}}"
        )
    }

    #[test]
    fn gaps_are_counted_between_events() {
        let mut followed = followed();
        assert_eq!(followed.take(&event(3, 7)).unwrap(), Told { sequence: 3, sent_at: 40, missing: 0 });
        assert!(followed.known.is_some(), "further events are compared by their text");
        assert_eq!(followed.take(&event(4, 7)).unwrap().missing, 0);
        assert_eq!(followed.take(&event(7, 7)).unwrap().missing, 2);
    }

    #[test]
    fn an_event_that_differs_anywhere_is_wrong() {
        let mut followed = followed();
        assert!(followed.take(&event(1, 8)).is_err(), "the first");
        followed.take(&event(1, 7)).unwrap();
        assert!(followed.take(&event(2, 8)).is_err(), "a later one");
        let failed = "{\"id\":\"1\",\"type\":\"next\",\"payload\":{\"data\":null,\"errors\":[]}}";
        assert!(followed.take(failed).is_err());
    }
}
