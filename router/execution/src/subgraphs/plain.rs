//! HTTP/1.1 without TLS to one subgraph: each call drives the connection that it uses.
//!
//! A connection that has a task of its own costs two switches between tasks for every call, which is more than a small
//! answer takes to read. Here an idle connection rests in the pool without a task, and whoever takes it out polls it
//! together with the request.

use std::{
    future::{Future, poll_fn},
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    task::Poll,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Body, Incoming},
    client::conn::http1::{Connection, SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use socket2::{SockRef, TcpKeepalive};
use tokio::{net::TcpStream, time::timeout};
use url::Url;

use super::broken::{is_silence, network_error};
use crate::request::SubgraphError;

/// Servers close what is idle for long; a connection that rested longer is not trusted.
const IDLE_FOR: Duration = Duration::from_mins(1);

/// How often a host is asked for a sign of life by the kernel, while an answer takes long.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What an announcement alone is believed to the amount of, before any of it has come.
const RESERVED_BYTES: usize = 1024 * 1024;

/// Where and how to connect.
#[derive(Debug)]
pub(crate) struct PlainOptions {
    /// `http://…`.
    pub(crate) url: Url,
    /// Connect to this address, whatever the host of the URL resolves to.
    pub(crate) address: Option<IpAddr>,
    /// How long connecting may take.
    pub(crate) connect_timeout: Duration,
    /// How long the host may leave unacknowledged what it was sent, before it counts as gone.
    pub(crate) acknowledge_timeout: Duration,
    /// Larger answers are refused.
    pub(crate) max_response_bytes: usize,
    /// Idle connections kept.
    pub(crate) max_idle_connections: usize,
}

/// An answer with its body.
#[derive(Debug)]
pub(crate) struct PlainResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Why the body is not there is told apart from the status, which may say more.
    pub(crate) body: Result<Bytes, SubgraphError>,
}

/// A client of one host.
pub(crate) struct PlainClient {
    options: PlainOptions,
    host: HeaderValue,
    target: Uri,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    link: Box<Link>,
    since: Instant,
}

type Driver = Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// A connection and the only way to ask over it.
struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// Absent once the connection is over.
    driver: Option<Driver>,
}

/// What became of one attempt.
enum Attempt {
    Answered(PlainResponse),
    /// The other side had closed the connection while it rested, and cannot have seen the request.
    NotSent,
    Failed(hyper::Error),
}

impl PlainClient {
    /// A client for `http` URLs; none when the URL is another one, or when the environment names a proxy, which this client
    /// does not speak to.
    pub(crate) fn new(options: PlainOptions) -> Option<Self> {
        if options.url.scheme() != "http" || proxy_is_named() || !options.url.username().is_empty() {
            return None;
        }
        let host = options.url.host_str()?;
        let host = options.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let query = options.url.query().map_or_else(String::new, |query| format!("?{query}"));
        let target = format!("{}{query}", options.url.path()).parse().ok()?;
        Some(Self { host: HeaderValue::try_from(host).ok()?, target, options, idle: Mutex::default() })
    }

    /// Posts a body. `repeatable` says that a request may be sent again when a connection broke before any answer.
    pub(crate) async fn post(
        &self,
        mut headers: HeaderMap,
        body: Bytes,
        repeatable: bool,
    ) -> Result<PlainResponse, SubgraphError> {
        headers.insert(header::HOST, self.host.clone());
        while let Some(link) = self.rested() {
            match self.ask(link, headers.clone(), body.clone()).await {
                Attempt::Answered(response) => return Ok(response),
                Attempt::NotSent => {}
                Attempt::Failed(error) => {
                    let broken = network_error(&error);
                    if broken.is_some() {
                        // The host is gone, or another one by now: whatever else rests would fail its caller as well.
                        self.idle.lock().clear();
                    }
                    // Servers close idle connections at any time, also while a request is on its way (RFC 9112 §9.3.1). Where the
                    // host is silent, whoever knows another one may turn to it.
                    let is_there = broken.map_or(error.is_incomplete_message(), |kind| !is_silence(kind));
                    if repeatable && is_there {
                        break;
                    }
                    return Err(unreachable(&error));
                }
            }
        }
        match self.ask(self.connect().await?, headers, body).await {
            Attempt::Answered(response) => Ok(response),
            Attempt::NotSent => Err(SubgraphError::Unreachable("the connection was closed at once".to_owned())),
            Attempt::Failed(error) => Err(unreachable(&error)),
        }
    }

    /// The connection that was used last: it is the least likely to be closed.
    fn rested(&self) -> Option<Box<Link>> {
        let mut idle = self.idle.lock();
        if idle.last()?.since.elapsed() > IDLE_FOR {
            idle.clear();
        }
        idle.pop().map(|idle| idle.link)
    }

    fn rest(&self, link: Box<Link>) {
        let mut idle = self.idle.lock();
        if idle.first().is_some_and(|oldest| oldest.since.elapsed() > IDLE_FOR) {
            idle.retain(|idle| idle.since.elapsed() <= IDLE_FOR);
        }
        if idle.len() < self.options.max_idle_connections {
            idle.push(Idle { link, since: Instant::now() });
        }
    }

    async fn connect(&self) -> Result<Box<Link>, SubgraphError> {
        let connecting = async {
            let url = &self.options.url;
            let port = url.port_or_known_default().unwrap_or(80);
            let stream = match (self.options.address, url.host()) {
                (Some(address), _) => TcpStream::connect(SocketAddr::new(address, port)).await,
                (None, Some(url::Host::Domain(name))) => TcpStream::connect((name, port)).await,
                (None, Some(url::Host::Ipv4(address))) => TcpStream::connect((address, port)).await,
                (None, Some(url::Host::Ipv6(address))) => TcpStream::connect((address, port)).await,
                (None, None) => Err(std::io::ErrorKind::InvalidInput.into()),
            };
            let stream = stream.map_err(|error| SubgraphError::Unreachable(error.to_string()))?;
            // Failures only delay small requests, or the news that the host is gone.
            let _ = stream.set_nodelay(true).and_then(|()| self.watch(&stream));
            let (sender, driver) = handshake(TokioIo::new(stream)).await.map_err(|error| unreachable(&error))?;
            Ok(Box::new(Link { sender, driver: Some(driver) }))
        };
        timeout(self.options.connect_timeout, connecting).await.unwrap_or(Err(SubgraphError::Timeout))
    }

    /// A host that is gone without a word is noticed by the kernel, so that the call has time left to connect anew.
    fn watch(&self, stream: &TcpStream) -> io::Result<()> {
        let socket = SockRef::from(stream);
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE))?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(self.options.acknowledge_timeout))?;
        Ok(())
    }

    async fn ask(&self, mut link: Box<Link>, headers: HeaderMap, body: Bytes) -> Attempt {
        let Link { sender, driver } = &mut *link;
        if drive(driver, sender.ready()).await.is_err() {
            return Attempt::NotSent;
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = headers;
        let response = match drive(driver, sender.try_send_request(request)).await {
            Ok(response) => response,
            Err(mut failed) => {
                return match failed.take_message() {
                    Some(_) => Attempt::NotSent,
                    None => Attempt::Failed(failed.into_error()),
                };
            }
        };
        let (parts, incoming) = response.into_parts();
        let body = self.body(driver, incoming).await;
        if body.is_ok() && driver.is_some() {
            self.rest(link);
        }
        Attempt::Answered(PlainResponse { status: parts.status, headers: parts.headers, body })
    }

    async fn body(&self, driver: &mut Option<Driver>, mut incoming: Incoming) -> Result<Bytes, SubgraphError> {
        let limit = self.options.max_response_bytes;
        let too_large = |bytes: usize| if bytes > limit { Err(SubgraphError::TooLarge { limit }) } else { Ok(()) };
        let announced = usize::try_from(incoming.size_hint().lower()).unwrap_or(usize::MAX);
        too_large(announced)?;
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        while let Some(frame) = drive(driver, incoming.frame()).await {
            let Ok(chunk) = frame.map_err(|error| unreachable(&error))?.into_data() else { continue };
            too_large(first.len() + whole.len() + chunk.len())?;
            if first.is_empty() && whole.is_empty() {
                // Most answers come in one piece, which needs no copy.
                first = chunk;
                continue;
            }
            if whole.is_empty() {
                whole.reserve(announced.min(RESERVED_BYTES).max(first.len() + chunk.len()));
                whole.extend_from_slice(&std::mem::take(&mut first));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }
}

/// Works on something that waits for a connection, and on the connection itself.
async fn drive<F: Future>(driver: &mut Option<Driver>, work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(connection) = driver
            && let Poll::Ready(_) = Pin::new(connection).poll(context)
        {
            // Whoever still waits for it hears of the end when it is dropped.
            *driver = None;
        }
        work.as_mut().poll(context)
    })
    .await
}

fn unreachable(error: &hyper::Error) -> SubgraphError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    SubgraphError::Unreachable(cause.to_string())
}

/// Whether requests go through a proxy by the variables that programs commonly follow.
fn proxy_is_named() -> bool {
    ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
