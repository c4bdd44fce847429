//! The source of events: one clock beats for all topics, and each upstream subscription gets what it selected at each beat.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::queries;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// One beat: everything that upstream subscriptions tell of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beat {
    /// Counts from one; zero is before the first.
    pub sequence: u64,
    /// Microseconds since the source began.
    pub sent_at: u64,
}

/// The source; cheap to clone.
#[derive(Clone)]
pub struct Events {
    began: Instant,
    beat: Arc<watch::Sender<Beat>>,
    open: Arc<AtomicU64>,
}

impl Events {
    /// A source that is silent.
    pub fn new() -> Self {
        Self { began: Instant::now(), beat: Arc::new(watch::channel(Beat::default()).0), open: Arc::default() }
    }

    /// Microseconds since the source began.
    pub fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Upstream subscriptions at this moment.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Beats so often for so long.
    pub async fn beat(&self, per_second: u32, during: Duration) {
        let pause = Duration::from_secs(1) / per_second;
        let mut ticks = interval_at(tokio::time::Instant::now() + pause, pause);
        // A beat that was missed is not made up for: the rate is what is intended.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let until = Instant::now() + during;
        while Instant::now() < until {
            ticks.tick().await;
            let sent_at = self.now();
            self.beat.send_modify(|beat| *beat = Beat { sequence: beat.sequence + 1, sent_at });
        }
    }
}

/// An upstream subscription: what its selection makes of a beat, around the two numbers.
struct Upstream {
    before: String,
    between: String,
    after: String,
}

impl Upstream {
    /// Reads which fields are asked for, in order. The router writes one selection set per brace, so that a small reader does.
    fn of(id: &str, query: &str) -> Self {
        // The last one, as an operation may have the field's name.
        let inner = query.rsplit_once("stockChanged").and_then(|(_, rest)| rest.split_once('{'));
        let selection = inner.map_or("", |(_, selection)| selection);
        let mut fields = Vec::new();
        let mut alias = None;
        let mut depth = 0_usize;
        for token in selection.replace('{', " { ").replace('}', " } ").split_whitespace() {
            match token {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                _ if depth > 0 => {}
                key if key.ends_with(':') => alias = Some(key.trim_end_matches(':')),
                field => {
                    let (key, field) = field.split_once(':').unwrap_or((alias.take().unwrap_or(field), field));
                    let value = match field {
                        "sequence" => "\"\u{1}\"",
                        "sentAt" => "\"\u{2}\"",
                        "phone" => "{\"__typename\":\"Phone\",\"id\":\"phone-7\"}",
                        other => queries::value(other).unwrap_or("\"Change\""),
                    };
                    fields.push(format!("\"{key}\":{value}"));
                }
            }
        }
        let text = format!(
            "{{\"id\":\"{id}\",\"type\":\"next\",\"payload\":{{\"data\":{{\"stockChanged\":{{{}}}}}}}}}",
            fields.join(",")
        );
        // Queries name the sequence first.
        let (before, rest) = text.split_once('\u{1}').unwrap_or((&text, ""));
        let (between, after) = rest.split_once('\u{2}').unwrap_or((rest, ""));
        Self { before: before.to_owned(), between: between.to_owned(), after: after.to_owned() }
    }

    fn tell(&self, beat: Beat) -> String {
        format!("{}{}{}{}{}", self.before, beat.sequence, self.between, beat.sent_at, self.after)
    }
}

/// Bytes of an event to a subscriber of this, with the head of its WebSocket message (RFC 6455 §5.2).
pub fn wire_bytes(query: &str) -> usize {
    let event = Upstream::of("1", query).tell(Beat { sequence: 1000, sent_at: 10_000_000 });
    let head = if event.len() < 126 { 2 } else { 4 };
    head + event.len()
}

#[derive(Deserialize)]
struct Incoming {
    r#type: String,
    /// Null or absent where a message is about the connection.
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    payload: Option<serde_json::Value>,
}

/// Serves one upstream connection, which may carry many subscriptions (graphql-transport-ws).
pub async fn send_to(mut socket: Socket, events: Events) {
    let mut beats = events.beat.subscribe();
    let mut open: HashMap<String, Upstream> = HashMap::new();
    loop {
        tokio::select! {
            changed = beats.changed() => {
                if changed.is_err() {
                    break;
                }
                let beat = *beats.borrow_and_update();
                let mut sent = Ok(());
                for upstream in open.values() {
                    sent = sent.and(socket.feed(Message::text(upstream.tell(beat))).await);
                }
                if sent.and(socket.flush().await).is_err() {
                    break;
                }
            }
            message = socket.next() => {
                let Some(Ok(message)) = message else { break };
                let Message::Text(text) = message else { continue };
                let Ok(incoming) = serde_json::from_str::<Incoming>(&text) else { break };
                let id = incoming.id.unwrap_or_default();
                let answered = match incoming.r#type.as_str() {
                    "connection_init" => socket.send(Message::text("{\"type\":\"connection_ack\"}")).await,
                    "ping" => socket.send(Message::text("{\"type\":\"pong\"}")).await,
                    "subscribe" => {
                        let query = incoming.payload.as_ref().and_then(|payload| payload["query"].as_str());
                        let upstream = Upstream::of(&id, query.unwrap_or_default());
                        open.insert(id, upstream);
                        events.open.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    }
                    "complete" => {
                        if open.remove(&id).is_some() {
                            events.open.fetch_sub(1, Ordering::Relaxed);
                        }
                        Ok(())
                    }
                    _ => Ok(()),
                };
                if answered.is_err() {
                    break;
                }
            }
        }
    }
    events.open.fetch_sub(open.len() as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_what_was_selected_in_its_order() {
        let query = "subscription Query_stockChanged($topic: String!){stockChanged(topic: $topic){sequence sentAt extra17: level phone{__typename id} note}}";
        let told = Upstream::of("9", query).tell(Beat { sequence: 3, sent_at: 40 });
        let payload = "{\"data\":{\"stockChanged\":{\"sequence\":\"3\",\"sentAt\":\"40\",\"extra17\":7,\"phone\":{\"__typename\":\"Phone\",\"id\":\"phone-7\"},\"note\":\"counted by hand, and once more by the evening shift\"}}}";
        assert_eq!(told, format!("{{\"id\":\"9\",\"type\":\"next\",\"payload\":{payload}}}"));
    }
}
