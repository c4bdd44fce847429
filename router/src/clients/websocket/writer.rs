//! The only writer of a socket: a bounded queue in front of it, and a limit to how long a client may take to read.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures::SinkExt as _;
use futures::stream::SplitSink;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::clients::operations::Outgoing;
use crate::clients::protocol::Close;

/// When the client was last heard, in milliseconds after the connection began.
#[derive(Clone)]
pub struct LastHeard {
    began: Instant,
    at_ms: Arc<AtomicU64>,
}

impl LastHeard {
    /// Heard just now.
    pub fn new() -> Self {
        Self { began: Instant::now(), at_ms: Arc::default() }
    }

    /// Notes a sign of life.
    pub fn note(&self) {
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.at_ms.store(elapsed, Ordering::Relaxed);
    }

    fn silence(&self) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(self.at_ms.load(Ordering::Relaxed)))
    }
}

/// What to do about a client that says nothing.
#[derive(Debug, PartialEq, Eq)]
enum Beat {
    Alive,
    Ask,
    Lost,
}

/// Asks a silent client whether it is there, and gives it up only when it did not answer: a subscriber has nothing to
/// say by itself, and a beat may come late on a busy machine.
struct Pulse {
    heartbeat: Duration,
    pinged_at: Option<Instant>,
}

impl Pulse {
    fn beat(&mut self, silence: Duration, now: Instant) -> Beat {
        let unanswered = self.pinged_at.is_some_and(|pinged_at| silence > now.duration_since(pinged_at));
        if unanswered && silence > self.heartbeat * 2 {
            return Beat::Lost;
        }
        // Only a ping of the last beat counts: an older one was answered, or the client would be given up by now.
        self.pinged_at = (silence > self.heartbeat).then_some(now);
        if self.pinged_at.is_some() { Beat::Ask } else { Beat::Alive }
    }
}

/// Writes until told to close, the queue ends, or the client is lost. Pings a silent client and gives up on it after two;
/// `patience` is the longest that one write may take. Whoever holds the other end of the queue sees it closed then.
pub async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Outgoing>,
    heard: LastHeard,
    heartbeat: Duration,
    patience: Duration,
) {
    let mut pulse = Pulse { heartbeat, pinged_at: None };
    let mut beat = interval(heartbeat);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    let close = loop {
        tokio::select! {
            outgoing = queue.recv() => match outgoing {
                Some(outgoing) => {
                    if let ControlFlow::Break(close) = write_burst(&mut sink, outgoing, &mut queue, patience).await {
                        break close;
                    }
                }
                None => return,
            },
            _ = beat.tick() => {
                match pulse.beat(heard.silence(), Instant::now()) {
                    Beat::Alive => {}
                    Beat::Ask => {
                        if !written(sink.send(Message::Ping(Bytes::new())), patience).await {
                            break Close::TooSlow;
                        }
                    }
                    Beat::Lost => break Close::Silent,
                }
            }
        }
    };
    metrics::counter!("cloudphone_websocket_closes_total", "code" => close.code().to_string()).increment(1);
    let frame = CloseFrame { code: close.code(), reason: Utf8Bytes::from(&*close.reason()) };
    let _ = timeout(Duration::from_secs(1), sink.send(Message::Close(Some(frame)))).await;
}

/// Writes a message together with those that wait behind it, so that a burst costs one system call.
async fn write_burst(
    sink: &mut SplitSink<WebSocket, Message>,
    first: Outgoing,
    queue: &mut mpsc::Receiver<Outgoing>,
    patience: Duration,
) -> ControlFlow<Close> {
    let mut next = Some(first);
    while let Some(outgoing) = next {
        match outgoing {
            Outgoing::Close(close) => {
                let _ = written(sink.flush(), patience).await;
                return ControlFlow::Break(close);
            }
            Outgoing::Text(bytes) => {
                if let Some(message) = text(bytes)
                    && !written(sink.feed(message), patience).await
                {
                    return ControlFlow::Break(Close::TooSlow);
                }
            }
        }
        next = queue.try_recv().ok();
    }
    if written(sink.flush(), patience).await { ControlFlow::Continue(()) } else { ControlFlow::Break(Close::TooSlow) }
}

fn text(bytes: Bytes) -> Option<Message> {
    // Frames are built from JSON, which is UTF-8; anything else is a fault that must not end the connection.
    Utf8Bytes::try_from(bytes).ok().map(Message::Text)
}

async fn written(write: impl Future<Output = Result<(), axum::Error>>, patience: Duration) -> bool {
    matches!(timeout(patience, write).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEARTBEAT: Duration = Duration::from_secs(30);

    #[test]
    fn a_listener_is_asked_before_it_is_given_up_however_late_the_beats_are() {
        let (mut pulse, start) = (Pulse { heartbeat: HEARTBEAT, pinged_at: None }, Instant::now());
        // It spoke just after the connection began, so that the first beat finds it not silent for long enough.
        assert_eq!(pulse.beat(Duration::from_millis(29_999), start + HEARTBEAT), Beat::Alive);
        assert_eq!(pulse.beat(Duration::from_millis(60_005), start + HEARTBEAT * 2), Beat::Ask);
        // It answers at once, so that every second beat finds it not silent for long enough, for hours.
        for beat in (3..1000).step_by(2) {
            assert_eq!(pulse.beat(Duration::from_millis(29_999), start + HEARTBEAT * beat), Beat::Alive);
            assert_eq!(pulse.beat(Duration::from_millis(60_005), start + HEARTBEAT * (beat + 1)), Beat::Ask);
        }
    }

    #[test]
    fn a_client_that_answers_nothing_is_given_up() {
        let (mut pulse, start) = (Pulse { heartbeat: HEARTBEAT, pinged_at: None }, Instant::now());
        assert_eq!(pulse.beat(Duration::from_millis(30_001), start + HEARTBEAT), Beat::Ask);
        assert_eq!(pulse.beat(Duration::from_millis(60_001), start + HEARTBEAT * 2), Beat::Lost);
    }
}
