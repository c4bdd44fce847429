//! What a client still sends after its request was refused.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures::{Stream, StreamExt as _};
use parking_lot::Mutex;
use tokio::time::timeout;

/// The longest that it is listened to.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is heard.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// A body that somebody else can read on.
#[derive(Clone)]
pub(super) struct Remainder(Arc<Mutex<BodyDataStream>>);

impl Remainder {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body.into_data_stream())))
    }

    /// Reads on for a while and keeps nothing. A connection that is closed upon unread bytes is reset, and the answer goes with
    /// it (RFC 9112 §9.6); many clients look for an answer only when they have sent everything. Ends by itself, and keeps the
    /// request's place among others until then.
    pub(super) fn hear_out(mut self, place: impl Send + 'static) {
        tokio::spawn(async move {
            let mut heard = 0;
            let reading = async {
                while heard < MOST_BYTES
                    && let Some(Ok(chunk)) = self.next().await
                {
                    heard += chunk.len();
                }
            };
            // Who is not done by then is too slow to be helped.
            let _ = timeout(PATIENCE, reading).await;
            drop(place);
        });
    }
}

impl Stream for Remainder {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().poll_next_unpin(context)
    }
}
