//! A WebSocket as its own task sees it: reads, goes on with what was not written at once, and notices when the client is lost.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::frame::{self, Decoder, Incoming, Violation};
use super::pulse::{Beat, Pulse};
use crate::clients::outbox::Outbox;
use crate::clients::protocol::Close;

/// How long a client may take to hear that the connection closes, and to answer.
const FAREWELL: Duration = Duration::from_secs(1);
/// What is read at once.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    /// One for all connections of a thread: what was read is taken out of it before the task lets another run.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// Why nothing more comes from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// It left, or the connection broke.
    Gone,
    /// It is to be told so.
    Close(Close),
}

impl From<Violation> for Over {
    fn from(violation: Violation) -> Self {
        Self::Close(match violation {
            Violation::Malformed => Close::MalformedFrame,
            Violation::NotText => Close::NotText,
            Violation::TooLarge => Close::TooLarge,
        })
    }
}

/// The connection.
pub(super) struct Socket {
    out: Arc<Outbox>,
    decoder: Decoder,
    heard: Instant,
    pulse: Pulse,
    heartbeat: Duration,
    /// The longest that one message may take to be written.
    patience: Duration,
    next_beat: Instant,
    /// Fires at the next beat, or when a write has taken too long.
    timer: Pin<Box<Sleep>>,
}

impl Socket {
    /// A connection of which `early` was read already.
    pub(super) fn new(out: Arc<Outbox>, early: &[u8], heartbeat: Duration, patience: Duration) -> Self {
        let mut decoder = Decoder::default();
        decoder.feed(early);
        let now = Instant::now();
        let next_beat = now + heartbeat;
        let (pulse, timer) = (Pulse::new(heartbeat), Box::pin(sleep_until(next_beat)));
        Self { out, decoder, heard: now, pulse, heartbeat, patience, next_beat, timer }
    }

    /// The next text message; nothing is lost when this is cancelled.
    pub(super) async fn next(&mut self) -> Result<String, Over> {
        poll_fn(|context| {
            if let Poll::Ready(over) = self.poll_write(context) {
                return Poll::Ready(Err(over));
            }
            self.poll_read(context)
        })
        .await
    }

    /// Goes on with writing while something else is done.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Over> {
        tokio::select! {
            biased;
            over = poll_fn(|context| self.poll_write(context)) => Err(over),
            done = work => Ok(done),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<String, Over>> {
        loop {
            while let Some(incoming) = self.decoder.next()? {
                match incoming {
                    Incoming::Text(text) => return Poll::Ready(Ok(text)),
                    Incoming::Binary => return Poll::Ready(Err(Over::Close(Close::BadRequest))),
                    Incoming::Ping(payload) => self.out.pong(frame::pong(&payload)),
                    Incoming::Pong => {}
                    Incoming::Close(code) => {
                        // RFC 6455 §5.5.1: answered by the same code; without an answer the client takes it for a failure.
                        self.out.close(frame::close(code.unwrap_or(1000), ""));
                        return Poll::Ready(Err(Over::Gone));
                    }
                }
            }
            let read = READ.with_borrow_mut(|buffer| {
                let stream = self.out.stream().expect("a WebSocket is written to a stream");
                let read = stream.poll_read(context, buffer);
                if let Poll::Ready(Ok(length)) = read {
                    self.decoder.feed(&buffer[..length]);
                }
                read
            });
            match read {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(1..)) => self.heard = Instant::now(),
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(Over::Gone)),
            }
        }
    }

    /// Ready when the connection is broken or has to end.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Over> {
        loop {
            if self.out.poll_write(context).is_ready() {
                return Poll::Ready(Over::Gone);
            }
            let too_slow = self.out.blocked_since().map(|since| since + self.patience);
            let due = too_slow.map_or(self.next_beat, |too_slow| too_slow.min(self.next_beat));
            if self.timer.deadline() != due {
                self.timer.as_mut().reset(due);
            }
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if too_slow.is_some_and(|too_slow| too_slow <= now) {
                return Poll::Ready(Over::Close(Close::TooSlow));
            }
            if self.next_beat <= now {
                self.next_beat = now + self.heartbeat;
                match self.pulse.beat(now.saturating_duration_since(self.heard), now) {
                    Beat::Alive => {}
                    Beat::Ask => self.out.ping(),
                    Beat::Lost => return Poll::Ready(Over::Close(Close::Silent)),
                }
            }
        }
    }

    /// Says why the connection ends, after all that was said before, and waits for the client to take it.
    pub(super) async fn close(mut self, close: Close) {
        metrics::counter!("cloudphone_websocket_closes_total", "code" => close.code().to_string()).increment(1);
        self.out.close(frame::close(close.code(), &close.reason()));
        // Who took nothing for long does not get longer for this.
        let given_up = matches!(close, Close::TooSlow | Close::Silent);
        self.write_rest(given_up).await;
        // Closing a connection with unread bytes resets it, and the client would never read why.
        let rest = async { while self.skip().await {} };
        let _ = timeout(FAREWELL, rest).await;
    }

    /// Lets the client have what is left, such as the answer to its close.
    pub(super) async fn leave(mut self) {
        self.write_rest(true).await;
    }

    async fn write_rest(&mut self, briefly: bool) {
        let rest = poll_fn(|context| match self.poll_write(context) {
            Poll::Ready(_) => Poll::Ready(()),
            Poll::Pending if self.out.is_done() => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        });
        if briefly {
            let _ = timeout(FAREWELL, rest).await;
        } else {
            rest.await;
        }
    }

    /// Reads and passes over; false at the end.
    async fn skip(&self) -> bool {
        poll_fn(|context| {
            READ.with_borrow_mut(|buffer| {
                let stream = self.out.stream().expect("a WebSocket is written to a stream");
                stream.poll_read(context, buffer).map(|read| read.is_ok_and(|length| length > 0))
            })
        })
        .await
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.out.abandon();
    }
}
