//! Resets streams of an HTTP/2 connection whose client takes nothing of their answers.
//!
//! HTTP/2 has a window per stream (RFC 9113 §5.2): a client may keep it shut and answer pings all the same, so that nothing is
//! wrong with the connection. What is stalled is reset by itself, as others may share the connection through a proxy.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};
use hyper::rt::Executor;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

/// The largest piece of an answer that is handed over at once: all that a stalled stream keeps besides the rest of its answer.
const PIECE: usize = 16 * 1024;

tokio::task_local! {
    /// What the client of the stream that is served by this task has yet to take.
    static OWED: Arc<Owed>;
}

/// Runs the streams of connections, each for as long as its client takes something every so often.
#[derive(Clone)]
pub(super) struct Streams {
    limit: Duration,
}

impl Streams {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let (owed, limit) = (Arc::new(Owed::default()), self.limit);
        let served = OWED.scope(Arc::clone(&owed), stream);
        tokio::spawn(async move {
            tokio::select! {
                _ = served => {}
                // Letting go of a stream before its end resets it.
                () = owed.overdue(limit) => {
                    metrics::counter!("cloudphone_http2_streams_stalled_total").increment(1);
                    tracing::debug!("a stream was reset whose client takes nothing of its answer");
                }
            }
        });
    }
}

/// Gives an answer over HTTP/2 in pieces whose taking can be watched.
pub(super) fn watched(response: Response) -> Response {
    let Ok(owed) = OWED.try_with(Arc::clone) else { return response };
    if response.body().is_end_stream() {
        return response;
    }
    response.map(|body| Body::new(Watched { body, rest: Bytes::new(), owed }))
}

/// Since when a piece waits for the client; none while the client waits for the server.
#[derive(Default)]
struct Owed(Mutex<Option<Instant>>);

impl Owed {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock() = since;
    }

    /// Waits until a piece was left for too long.
    async fn overdue(&self, limit: Duration) {
        loop {
            let since = *self.0.lock();
            let left = since.map_or(limit, |since| limit.saturating_sub(since.elapsed()));
            if left.is_zero() {
                return;
            }
            sleep(left).await;
        }
    }
}

struct Watched {
    body: Body,
    /// What has yet to be handed over of the frame that came last.
    rest: Bytes,
    owed: Arc<Owed>,
}

impl Watched {
    /// The next piece. The last byte goes by itself: it finds room only when the client has room for all before it, and until
    /// then the stream is watched.
    fn piece(&mut self) -> Bytes {
        let length = match self.rest.len() {
            length @ 0..=1 => length,
            length => (length - 1).min(PIECE),
        };
        self.rest.split_to(length)
    }
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Asked for more: what was handed over before has found room.
        self.owed.set(None);
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.rest = bytes,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = self.piece();
        self.owed.set(Some(Instant::now()));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.owed.set(None);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::body::to_bytes;
    use futures::StreamExt as _;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn an_answer_comes_whole_in_small_pieces() {
        for length in [0, 1, 2, PIECE, PIECE + 1, 5 * PIECE + 7] {
            let owed = Arc::new(Owed::default());
            let text = vec![b'x'; length];
            let whole = OWED.sync_scope(Arc::clone(&owed), || watched(Response::new(Body::from(text.clone()))));
            assert_eq!(whole.body().size_hint().exact(), Some(length as u64));
            assert_eq!(to_bytes(whole.into_body(), usize::MAX).await.unwrap(), text);
            let pieces = OWED.sync_scope(owed, || watched(Response::new(Body::from(text))));
            let pieces: Vec<Bytes> = pieces.into_body().into_data_stream().map(Result::unwrap).collect().await;
            assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
            assert!(length < 2 || pieces.last().unwrap().len() == 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_waits_for_the_client_is_overdue() {
        let owed = Owed::default();
        let waits = async |owed: &Owed, time| tokio::time::timeout(time, owed.overdue(LIMIT)).await.is_err();
        assert!(waits(&owed, LIMIT * 10).await, "the server may take its time");
        owed.set(Some(Instant::now()));
        let taking = async {
            for _ in 0..10 {
                sleep(LIMIT / 2).await;
                owed.set(Some(Instant::now()));
            }
        };
        let (patient, ()) = tokio::join!(waits(&owed, LIMIT * 5), taking);
        assert!(patient, "as long as it takes something");
        assert!(!waits(&owed, LIMIT * 2).await, "and no longer");
    }
}
