//! What a client still sends after its form was refused.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::body::{Body, BodyDataStream};
use futures::{Stream, StreamExt as _};
use parking_lot::Mutex;
use tokio::time::timeout;

use crate::protection::Place;

/// The longest that it is listened to.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body that somebody else can read on.
#[derive(Clone)]
pub(super) struct Remainder(Arc<Mutex<BodyDataStream>>);

impl Remainder {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body.into_data_stream())))
    }

    /// Reads on for a while and keeps nothing. A connection that is closed upon unread bytes is reset, and the answer goes with
    /// it (RFC 9112 §9.6); many clients look for an answer only when they have sent everything. Ends by itself, and keeps its place
    /// among the forms until then.
    pub(super) fn hear_out(mut self, at_most: u64, place: Place) {
        tokio::spawn(async move {
            let mut heard = 0;
            let reading = async {
                while heard < at_most
                    && let Some(Ok(chunk)) = self.next().await
                {
                    heard += chunk.len() as u64;
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
