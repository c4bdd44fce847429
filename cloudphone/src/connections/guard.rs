//! A connection that breaks when its client does not begin to speak, or takes nothing of what is sent.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::Patience;

/// The first bytes of an HTTP/2 connection (RFC 9113 §3.4). Until they differ nobody knows which protocol is spoken, and the
/// server's own time limits have not begun.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The connection.
pub(super) struct Guarded<S> {
    stream: S,
    /// How much of the preface has come, and when the rest is due; absent once the protocol is known.
    opening: Option<(usize, Pin<Box<Sleep>>)>,
    write_timeout: Duration,
    /// When the client must have taken something; absent while it does.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, patience: Patience) -> Self {
        let opening = Some((0, Box::pin(sleep(patience.head))));
        Self { stream, opening, write_timeout: patience.write, stalled: None }
    }

    /// The connection without the guard, for a protocol that has bounds of its own.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn note_read(&mut self, bytes: &[u8]) {
        let Some((seen, _)) = &mut self.opening else { return };
        let expected = &PREFACE[*seen..];
        let common = bytes.len().min(expected.len());
        *seen += common;
        if bytes.is_empty() || bytes[..common] != expected[..common] || *seen == PREFACE.len() {
            self.opening = None;
        }
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
            Poll::Pending => {
                let Some((_, deadline)) = &mut self.opening else { return Poll::Pending };
                ready!(deadline.as_mut().poll(context));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not begin to speak")))
            }
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

    use super::*;

    const PATIENCE: Patience = Patience { head: Duration::from_secs(5), write: Duration::from_secs(10), streams: 1 };

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_begin_to_speak_is_given_up() {
        for beginning in ["", "P", "PRI * HTTP/2.0\r\n"] {
            let (mut client, server) = duplex(64);
            client.write_all(beginning.as_bytes()).await.unwrap();
            let error = Guarded::new(server, PATIENCE).read_to_end(&mut Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{beginning:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn once_the_protocol_is_known_reading_waits() {
        for beginning in [&b"POST"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
            let (mut client, server) = duplex(64);
            client.write_all(beginning).await.unwrap();
            let mut guarded = Guarded::new(server, PATIENCE);
            let waiting = tokio::time::timeout(Duration::from_mins(1), guarded.read_to_end(&mut Vec::new())).await;
            assert!(waiting.is_err(), "{beginning:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_client_that_takes_nothing_is_given_up() {
        let (mut client, server) = duplex(8);
        let mut guarded = Guarded::new(server, PATIENCE);
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
