//! The bytes of an upgraded connection: the socket itself where one can get at it, for then anybody may write to it.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::upgrade::downcast;
use parking_lot::Mutex;
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;

/// Gets at the socket below an upgraded connection, with what was read of it already; the connection itself when it is
/// another one.
type Uncover = fn(Upgraded) -> Result<(TcpStream, Bytes), Upgraded>;

/// How a server wraps its sockets, put by it into the extensions of its requests. Without it the socket is found where the
/// server wraps it in nothing of its own.
#[derive(Clone, Copy)]
pub struct SocketBelow(pub Uncover);

impl Default for SocketBelow {
    fn default() -> Self {
        Self(|upgraded| {
            let parts = downcast::<TokioIo<TcpStream>>(upgraded)?;
            Ok((parts.io.into_inner(), parts.read_buf))
        })
    }
}

/// The bytes of a connection. Reading, and all that waits, is for the connection's own task alone.
pub enum ByteStream {
    /// A plain socket.
    Socket(TcpStream),
    /// Whatever else it is: encrypted, or a stream of another connection. It may hold bytes that are to be flushed.
    Other(Box<Mutex<(TokioIo<Upgraded>, bool)>>),
}

impl ByteStream {
    /// The bytes of a connection, and what came of them already.
    pub fn new(upgraded: Upgraded, below: SocketBelow) -> (Self, Bytes) {
        match (below.0)(upgraded) {
            Ok((socket, read)) => (Self::Socket(socket), read),
            Err(upgraded) => (Self::Other(Box::new(Mutex::new((TokioIo::new(upgraded), false)))), Bytes::new()),
        }
    }

    /// Reads what there is; zero at the end.
    pub fn poll_read(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self {
            Self::Socket(socket) => loop {
                ready!(socket.poll_read_ready(context))?;
                match socket.try_read(buffer) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => return Poll::Ready(read),
                }
            },
            Self::Other(other) => {
                let mut buffer = ReadBuf::new(buffer);
                ready!(Pin::new(&mut other.lock().0).poll_read(context, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
        }
    }

    /// Writes what can be written without waiting, from any task; `WouldBlock` when that is nothing.
    pub fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Socket(socket) => socket.try_write_vectored(slices),
            // It would remember the wrong task.
            Self::Other(_) => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// Writes what can be written, or has the task woken when something can.
    pub fn poll_write(&self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Socket(socket) => loop {
                ready!(socket.poll_write_ready(context))?;
                match socket.try_write_vectored(slices) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    written => return Poll::Ready(written),
                }
            },
            Self::Other(other) => {
                let (stream, unflushed) = &mut *other.lock();
                *unflushed = true;
                Pin::new(stream).poll_write_vectored(context, slices)
            }
        }
    }

    /// Sends on what was written.
    pub fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Other(other) = self else { return Poll::Ready(Ok(())) };
        let (stream, unflushed) = &mut *other.lock();
        if *unflushed {
            ready!(Pin::new(stream).poll_flush(context))?;
            *unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}
