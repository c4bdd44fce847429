//! A connection that breaks when its client does not begin to speak, does not come to the end of a request's head, or takes nothing of
//! what is sent.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Patience;
use super::crowd::Standing;

/// The first bytes of an HTTP/2 connection (RFC 9113 §3.4). Until they differ nobody knows which protocol is spoken, and the
/// server's own time limits have not begun.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The connection.
pub(super) struct Guarded<S> {
    stream: S,
    /// How much of the preface has come, and when the rest is due; absent once the protocol is known.
    opening: Option<(usize, Pin<Box<Sleep>>)>,
    /// What is asked for on it.
    standing: Arc<Standing>,
    head_timeout: Duration,
    /// The head of the next request has begun; not known of HTTP/2, where frames of all kinds come at any time.
    head: Option<Head>,
    by_frames: bool,
    write_timeout: Duration,
    /// When the client must have taken something; absent while it does.
    stalled: Option<Pin<Box<Sleep>>>,
}

/// The head of a request that has not come whole.
struct Head {
    began: Instant,
    /// Requests that there were by then.
    after: u64,
    /// When it is due; set once it is waited for.
    due: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, patience: Patience, standing: Arc<Standing>) -> Self {
        Self {
            stream,
            opening: Some((0, Box::pin(sleep(patience.head)))),
            standing,
            head_timeout: patience.head,
            head: None,
            by_frames: false,
            write_timeout: patience.write,
            stalled: None,
        }
    }

    /// The connection without the guard, for a protocol that has bounds of its own.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn note_read(&mut self, bytes: &[u8]) {
        self.note_opening(bytes);
        if self.by_frames || self.opening.is_some() || bytes.is_empty() || !self.standing.is_idle() {
            return;
        }
        let after = self.standing.requests();
        if self.head.as_ref().is_none_or(|head| head.after != after) {
            self.head = Some(Head { began: Instant::now(), after, due: None });
        }
    }

    fn note_opening(&mut self, bytes: &[u8]) {
        let Some((seen, _)) = &mut self.opening else { return };
        let expected = &PREFACE[*seen..];
        let common = bytes.len().min(expected.len());
        let alike = bytes[..common] == expected[..common];
        *seen += common;
        self.by_frames = alike && *seen == PREFACE.len();
        if bytes.is_empty() || !alike || self.by_frames {
            self.opening = None;
        }
    }

    /// Ready when the client has taken too long for what it is about to say.
    fn poll_overdue(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let overdue = |why| Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, why));
        if let Some((_, deadline)) = &mut self.opening {
            ready!(deadline.as_mut().poll(context));
            return overdue("the client does not begin to speak");
        }
        let came = self.standing.requests();
        let Some(head) = self.head.as_mut().filter(|head| head.after == came) else {
            self.head = None;
            return Poll::Pending;
        };
        let at = head.began + self.head_timeout;
        ready!(head.due.get_or_insert_with(|| Box::pin(sleep_until(at))).as_mut().poll(context));
        overdue("the client does not come to the end of a request's head")
    }

    fn note_write<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.write_timeout;
        let deadline = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of what is sent")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                self.note_read(&buffer.filled()[before..]);
                Poll::Ready(read)
            }
            Poll::Pending => Poll::Ready(Err(ready!(self.poll_overdue(context)))),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            // Nothing to flush is not something taken.
            Poll::Ready(flushed) => Poll::Ready(flushed),
            Poll::Pending => self.note_write(context, Poll::Pending),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::super::crowd::Crowd;
    use super::*;

    const PATIENCE: Patience = Patience {
        head: Duration::from_secs(5),
        rest: Duration::from_mins(1),
        write: Duration::from_secs(10),
        streams: 1,
        connections: 1,
    };

    fn guarded<S>(stream: S) -> (Guarded<S>, Arc<Standing>) {
        let standing = Crowd::new().join();
        (Guarded::new(stream, PATIENCE, Arc::clone(&standing)), standing)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_begin_to_speak_is_given_up() {
        for beginning in ["", "P", "PRI * HTTP/2.0\r\n"] {
            let (mut client, server) = duplex(64);
            client.write_all(beginning.as_bytes()).await.unwrap();
            let error = guarded(server).0.read_to_end(&mut Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{beginning:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_to_come_whole_in_time_however_its_bytes_come() {
        let (mut client, server) = duplex(64);
        let (mut guarded, standing) = guarded(server);
        let trickle = async {
            loop {
                // As long as the preface of HTTP/2, which it is not.
                client.write_all(b"GET / HTTP/1.1\r\nx: slow").await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let (began, mut heard) = (Instant::now(), Vec::new());
        let error = tokio::select! {
            read = guarded.read_to_end(&mut heard) => read.unwrap_err(),
            () = trickle => unreachable!("it does not end"),
        };
        assert_eq!((error.kind(), began.elapsed().as_secs()), (io::ErrorKind::TimedOut, PATIENCE.head.as_secs()));
        assert_eq!(standing.requests(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn once_a_head_has_come_reading_waits() {
        for (beginning, asks) in [(&b"POST"[..], true), (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false)] {
            let (mut client, server) = duplex(64);
            client.write_all(beginning).await.unwrap();
            let (mut guarded, standing) = guarded(server);
            let mut head = vec![0; beginning.len()];
            guarded.read_exact(&mut head).await.unwrap();
            let under_way = asks.then(|| standing.asks());
            // Its body.
            client.write_all(b"more").await.unwrap();
            guarded.read_exact(&mut [0; 4]).await.unwrap();
            drop(under_way);
            let waiting = tokio::time::timeout(Duration::from_mins(1), guarded.read_to_end(&mut Vec::new())).await;
            assert!(waiting.is_err(), "{beginning:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_client_that_takes_nothing_is_given_up() {
        let (mut client, server) = duplex(8);
        let (mut guarded, _) = guarded(server);
        let slow = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(9)).await;
                client.read_exact(&mut [0; 8]).await.unwrap();
            }
        };
        let (sent, ()) = tokio::join!(guarded.write_all(&[0; 40]), slow);
        sent.unwrap();
        let stalled = guarded.write_all(&[0; 40]).await.unwrap_err();
        assert_eq!(stalled.kind(), io::ErrorKind::TimedOut);
    }
}
