//! Serves HTTP connections, with bounds for clients that say nothing, take nothing, or are gone without a word.

mod crowd;
mod door;
mod guard;
mod streams;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, StatusCode, Version, header};
use cloudphone_router::server::SocketBelow;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::conn::auto::upgrade::downcast;
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, getrlimit};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crowd::{Attended, Crowd};
pub(crate) use door::Door;
use guard::Guarded;
use streams::{Streams, watched};

use crate::settings::Http;
use crate::shutdown::Farewell;

/// What the kernel waits for a client beyond what the router itself does, which can tell it why.
const KERNEL_GRACE: Duration = Duration::from_secs(5);
/// Connections at once where nobody knows how many descriptors the process may have.
const USUAL_CONNECTIONS: u64 = 10_000;
/// What is said to a connection for which there is no room.
const NO_ROOM: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
/// Pause after a failed accept, such as for want of file descriptors: others close theirs meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is gathered of an answer before the client takes it, for each stream of an HTTP/2 connection.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// The head of a request over HTTP/2, unpacked (RFC 9113 §10.5.1); as much as HTTP/1.1 may have here.
const HEAD_BYTES: u32 = 16 * 1024;
/// Streams that a client may reset before anybody looked at them: further ones end its connection (CVE-2023-44487).
const RESETS: usize = 20;

/// How long clients are waited for, and how much they may ask at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For a new connection's first word, and from the first word of a request to the end of its head.
    pub(crate) head: Duration,
    /// For the next request on a connection that rests.
    pub(crate) rest: Duration,
    /// For taking anything at all of what is sent.
    pub(crate) write: Duration,
    /// Requests under way on one HTTP/2 connection.
    pub(crate) streams: u32,
    /// Connections at once, but for those that became WebSockets.
    pub(crate) connections: usize,
}

impl Patience {
    /// As the settings have it.
    pub(crate) fn of(settings: &Http) -> Self {
        Self {
            head: Duration::from_secs(settings.header_read_timeout_seconds),
            rest: Duration::from_secs(settings.keep_alive_seconds),
            write: Duration::from_secs(settings.write_timeout_seconds),
            streams: settings.max_concurrent_streams,
            connections: settings.max_connections.unwrap_or_else(usual_connections),
        }
    }
}

/// Half of the file descriptors that the process may have: the rest is for WebSockets, subgraphs and engines.
fn usual_connections() -> usize {
    let half = getrlimit(Resource::Nofile).current.map_or(USUAL_CONNECTIONS, |limit| limit / 2);
    usize::try_from(half).unwrap_or(usize::MAX).max(1)
}

/// Accepts until told to stop, then lets requests under way finish. Dropping it cuts every connection.
pub(crate) async fn serve(listener: TcpListener, door: Door, farewell: Farewell) {
    let graceful = GracefulShutdown::new();
    let (crowd, mut connections) = (Crowd::new(), JoinSet::new());
    loop {
        let accepted = tokio::select! {
            () = farewell.draining.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, client) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if !is_of_the_client(&error) {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
                continue;
            }
        };
        let patience = door.patience();
        if !crowd.has_room(patience.connections) {
            metrics::counter!("cloudphone_http_connections_refused_total").increment(1);
            // All are being answered. Whether the client takes the word is its own business.
            let _ = stream.try_write(NO_ROOM);
            continue;
        }
        if let Err(error) = prepare(&stream, patience) {
            tracing::debug!(%error, "a connection goes without the kernel's watch");
        }
        let (door, farewell, standing) = (door.clone(), farewell.clone(), crowd.join());
        let asking = Arc::clone(&standing);
        let service = service_fn(move |request| {
            let (under_way, answered) = (asking.asks(), answer(door.routes(), client, request));
            let farewell = farewell.clone();
            async move {
                let response = answered.await.map(|response| with_farewell(response, &farewell));
                response.map(|response| response.map(|body| Attended::new(body, under_way)))
            }
        });
        let stream = TokioIo::new(Guarded::new(stream, patience, Arc::clone(&standing)));
        let connection =
            graceful.watch(protocol(patience).serve_connection_with_upgrades(stream, service).into_owned());
        connections.spawn(async move {
            tokio::select! {
                served = connection => {
                    if let Err(error) = served {
                        tracing::debug!(error, "a connection broke");
                    }
                }
                () = standing.dismissed() => {}
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn protocol(patience: Patience) -> Builder<Streams> {
    let mut builder = Builder::new(Streams::new(patience.write));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.rest.max(patience.head));
    // RFC 8441: WebSockets over HTTP/2.
    builder
        .http2()
        .timer(TokioTimer::new())
        .enable_connect_protocol()
        .keep_alive_interval(patience.rest)
        .keep_alive_timeout(patience.write)
        .max_concurrent_streams(patience.streams)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .max_header_list_size(HEAD_BYTES)
        .max_pending_accept_reset_streams(RESETS);
    builder
}

/// A client that is gone without a word is noticed by the kernel, also while nothing is sent to it.
fn prepare(stream: &TcpStream, patience: Patience) -> io::Result<()> {
    // Small answers and events must not wait for more to send.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    // The kernel counts whole seconds.
    let interval = (patience.rest / 3).max(Duration::from_secs(1));
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(patience.rest).with_interval(interval))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(patience.write + KERNEL_GRACE))?;
    Ok(())
}

async fn answer(
    routes: Router,
    client: SocketAddr,
    request: Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(client));
    request.extensions_mut().insert(SocketBelow(|upgraded| {
        let parts = downcast::<TokioIo<Guarded<TcpStream>>>(upgraded)?;
        Ok((parts.io.into_inner().into_inner(), parts.read_buf))
    }));
    let by_streams = request.version() == Version::HTTP_2;
    let response = routes.oneshot(request).await?;
    Ok(if by_streams { watched(response) } else { response })
}

/// While the process is about to stop, clients of HTTP/1.1 are told to come by another connection, which leads elsewhere
/// (RFC 9112 §9.6). HTTP/2 has no word for it but GOAWAY, which comes with the end.
fn with_farewell(mut response: axum::response::Response, farewell: &Farewell) -> axum::response::Response {
    if farewell.leaving.is_cancelled()
        && response.version() == Version::HTTP_11
        && response.status() != StatusCode::SWITCHING_PROTOCOLS
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether a client gave up while it was being accepted, which concerns nobody else.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn the_kernel_watches_over_clients_that_are_gone_without_a_word() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let patience = Patience {
            head: Duration::from_secs(5),
            rest: Duration::from_mins(1),
            write: Duration::from_secs(7),
            streams: 1,
            connections: 1,
        };
        prepare(&stream, patience).unwrap();
        let socket = SockRef::from(&stream);
        assert!(stream.nodelay().unwrap() && socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        {
            assert_eq!(socket.tcp_keepalive_time().unwrap(), patience.rest);
            assert_eq!(socket.tcp_keepalive_interval().unwrap(), patience.rest / 3);
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(patience.write + KERNEL_GRACE));
        }
    }
}
