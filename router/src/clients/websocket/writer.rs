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

use crate::clients::protocol::Close;

/// Messages waiting for a slow client; operations hold back while it is full.
pub const QUEUE: usize = 64;

/// What to write next.
#[derive(Debug)]
pub enum Outgoing {
    /// A text message.
    Text(Bytes),
    /// The end of the connection.
    Close(Close),
}

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

/// Writes until told to close, the queue ends, or the client is lost. Pings a silent client and gives up on it after two;
/// `patience` is the longest that one write may take. Whoever holds the other end of the queue sees it closed then.
pub async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Outgoing>,
    heard: LastHeard,
    heartbeat: Duration,
    patience: Duration,
) {
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
                if heard.silence() > heartbeat * 2 {
                    break Close::Silent;
                }
                if heard.silence() > heartbeat && !written(sink.send(Message::Ping(Bytes::new())), patience).await {
                    break Close::TooSlow;
                }
            }
        }
    };
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
