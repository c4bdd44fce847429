//! A subgraph over HTTP: pooled connections, HTTP/1.1 or HTTP/2, TCP or a Unix socket, a deadline and a size limit for every answer.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use cloudphone_planning::OperationKind;
use futures::stream::BoxStream;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::timeout;
use tracing::Span;
use url::Url;

use crate::{
    request::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService},
    subgraphs::{
        broken::{is_silence, network_error},
        plain::{PlainClient, PlainOptions, PlainResponse},
        reach::{Reach, failure},
    },
    uploads::Uploads,
};

/// Adds what a subgraph must know of the caller, such as a signed identity, to each call.
pub trait RequestDecorator: Send + Sync {
    /// Changes the headers of a call; those of the request's context are in already.
    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap);

    /// Who asks, in full, where the headers that `decorate` adds are not the same each time, as a signature is not. Those for whom
    /// this is equal may share a connection. None: the headers themselves are compared.
    fn identity(&self, _request: &SubgraphRequest) -> Option<Bytes> {
        None
    }
}

/// How to reach a subgraph over HTTP.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Where it answers.
    pub url: Url,
    /// How long a call may take, connection included.
    pub timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// Larger answers are refused.
    pub max_response_bytes: usize,
    /// Which versions of HTTP are spoken.
    pub version: HttpVersion,
    /// Idle connections kept.
    pub max_idle_connections: usize,
    /// How to get there.
    pub reach: Reach,
}

/// Which versions of HTTP are spoken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/2 where TLS negotiates it, HTTP/1.1 otherwise.
    #[default]
    Negotiated,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 without asking, also without TLS (RFC 9113 §3.3, "prior knowledge").
    Http2PriorKnowledge,
}

impl HttpOptions {
    /// The defaults for a URL.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_response_bytes: 64 * 1024 * 1024,
            version: HttpVersion::Negotiated,
            max_idle_connections: 256,
            reach: Reach::default(),
        }
    }

    /// How to reach it by the plain client; none when that client cannot.
    fn plain(&self) -> Option<PlainOptions> {
        (self.version != HttpVersion::Http2PriorKnowledge && self.reach.unix_socket.is_none()).then(|| PlainOptions {
            url: self.url.clone(),
            address: self.reach.address,
            connect_timeout: self.connect_timeout,
            acknowledge_timeout: self.acknowledge_timeout(),
            max_response_bytes: self.max_response_bytes,
            max_idle_connections: self.max_idle_connections,
        })
    }

    /// How long the host may leave unacknowledged what it was sent: as long as it may take to connect, but so that a call that finds
    /// a host gone has time left for another connection.
    fn acknowledge_timeout(&self) -> Duration {
        self.connect_timeout.min(self.timeout / 2)
    }

    /// A client whose connections count as lost when the host takes nothing of what it is sent for so long.
    fn client(&self, acknowledge_timeout: Duration) -> Result<reqwest::Client, SubgraphError> {
        let mut builder = reqwest::Client::builder()
            .timeout(self.timeout)
            .connect_timeout(self.connect_timeout)
            .pool_max_idle_per_host(self.max_idle_connections);
        #[cfg(target_os = "linux")]
        {
            // Over HTTP/2 all calls share a connection, so that each would wait in vain for a host that is gone.
            builder = builder.tcp_user_timeout(acknowledge_timeout);
        }
        builder = match self.version {
            HttpVersion::Negotiated => builder,
            HttpVersion::Http1 => builder.http1_only(),
            HttpVersion::Http2PriorKnowledge => {
                builder.http2_prior_knowledge().http2_keep_alive_interval(Duration::from_secs(15))
            }
        };
        self.reach.client(&self.url, builder)
    }
}

/// A subgraph behind a URL.
pub struct HttpSubgraph {
    client: Client,
    /// For calls with files, which a subgraph may take as slowly as it likes; made when the first such call comes.
    for_files: OnceLock<reqwest::Client>,
    options: HttpOptions,
    decorator: Option<Arc<dyn RequestDecorator>>,
    subscriptions: Option<Arc<dyn SubgraphService>>,
}

enum Client {
    /// Takes the calls that need nothing of what the other client can do besides: HTTP/1.1 without TLS.
    Plain(Box<PlainClient>),
    /// Everything else.
    Versatile(reqwest::Client),
}

impl HttpSubgraph {
    /// A subgraph with its own connection pool; fails when TLS cannot be set up.
    pub fn new(options: HttpOptions) -> Result<Self, SubgraphError> {
        let client = match options.plain().and_then(PlainClient::new) {
            Some(plain) => Client::Plain(Box::new(plain)),
            None => Client::Versatile(options.client(options.acknowledge_timeout())?),
        };
        Ok(Self { client, for_files: OnceLock::new(), options, decorator: None, subscriptions: None })
    }

    /// Decorates every call.
    #[must_use]
    pub fn with_decorator(mut self, decorator: Arc<dyn RequestDecorator>) -> Self {
        self.decorator = Some(decorator);
        self
    }

    /// Runs subscriptions by another transport.
    #[must_use]
    pub fn with_subscriptions(mut self, subscriptions: Arc<dyn SubgraphService>) -> Self {
        self.subscriptions = Some(subscriptions);
        self
    }

    fn for_files(&self) -> Result<&reqwest::Client, SubgraphError> {
        if let Some(client) = self.for_files.get() {
            return Ok(client);
        }
        let client = self.options.client(self.options.timeout)?;
        Ok(self.for_files.get_or_init(|| client))
    }

    async fn post(
        &self,
        client: &reqwest::Client,
        headers: HeaderMap,
        body: reqwest::Body,
    ) -> Result<PlainResponse, SubgraphError> {
        let call = client.post(self.options.url.clone()).headers(headers).body(body);
        self.read(call.send().await).await
    }

    /// Posts a document, and once more if it is repeatable and the connection turns out to be one that the host knows nothing of:
    /// over HTTP/2 all calls under way share it, and its loss must not count as a failure of the subgraph as often as that.
    async fn ask(
        &self,
        client: &reqwest::Client,
        headers: HeaderMap,
        body: Bytes,
        repeatable: bool,
    ) -> Result<PlainResponse, SubgraphError> {
        let call = || client.post(self.options.url.clone()).headers(headers.clone()).body(body.clone()).send();
        let mut sent = call().await;
        if let Err(error) = &sent
            && repeatable
            && !error.is_connect()
            && network_error(error).is_some_and(|kind| !is_silence(kind))
        {
            sent = call().await;
        }
        self.read(sent).await
    }

    async fn read(&self, sent: reqwest::Result<reqwest::Response>) -> Result<PlainResponse, SubgraphError> {
        let mut response = sent.map_err(|error| failure(&error))?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        Ok(PlainResponse { status, headers, body: self.body(response).await })
    }

    async fn body(&self, mut response: reqwest::Response) -> Result<Bytes, SubgraphError> {
        let limit = self.options.max_response_bytes;
        let announced = response.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |announced| announced > limit) {
            return Err(SubgraphError::TooLarge { limit });
        }
        let Some(first) = response.chunk().await.map_err(|error| failure(&error))? else { return Ok(Bytes::new()) };
        let Some(second) = response.chunk().await.map_err(|error| failure(&error))? else { return self.within(first) };
        let mut body = BytesMut::with_capacity(first.len() + second.len());
        body.extend_from_slice(&first);
        body.extend_from_slice(&second);
        while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(SubgraphError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        self.within(body.freeze())
    }

    /// Tells the span of a call where it goes.
    fn describe(&self) {
        let (span, url) = (Span::current(), &self.options.url);
        span.record("http.request.method", "POST");
        span.record("server.address", url.host_str().unwrap_or_default());
        span.record("server.port", url.port_or_known_default().unwrap_or_default());
        if let Some(address) = self.options.reach.address {
            span.record("network.peer.address", tracing::field::display(address));
        }
    }

    fn within(&self, body: Bytes) -> Result<Bytes, SubgraphError> {
        let limit = self.options.max_response_bytes;
        if body.len() > limit { Err(SubgraphError::TooLarge { limit }) } else { Ok(body) }
    }
}

/// The headers of a call: the context's, the request id and what the decorator adds.
pub(crate) fn call_headers(request: &SubgraphRequest, decorator: Option<&Arc<dyn RequestDecorator>>) -> HeaderMap {
    let mut headers = request.context.headers.clone();
    if !request.context.request_id.is_empty()
        && let Ok(id) = HeaderValue::from_str(&request.context.request_id)
    {
        headers.insert("x-request-id", id);
    }
    // Of the span that this very call is made in, so that what the subgraph records hangs below it.
    if let Some(traceparent) = request.context.traceparent.and_then(|of| of(&Span::current()))
        && let Ok(value) = HeaderValue::from_str(&traceparent)
    {
        headers.insert("traceparent", value);
    }
    if let Some(decorator) = decorator {
        decorator.decorate(request, &mut headers);
    }
    headers
}

fn refusal(status: http::StatusCode, headers: &HeaderMap) -> SubgraphError {
    let retry_after = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(Arc::from);
    SubgraphError::Status { status: status.as_u16(), retry_after }
}

/// Whether a body is a GraphQL response, which counts more than its status.
pub(crate) fn is_graphql_response(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        data: Option<IgnoredAny>,
        errors: Option<Vec<IgnoredAny>>,
    }
    serde_json::from_slice::<Probe>(body).is_ok_and(|probe| probe.data.is_some() || probe.errors.is_some())
}

#[async_trait]
impl SubgraphService for HttpSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let mut headers = call_headers(&request, self.decorator.as_ref());
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/graphql-response+json, application/json;q=0.9"),
        );
        let is_traced = request.context.traceparent.is_some();
        if is_traced {
            self.describe();
        }
        let response = if let Some(form) = Uploads::form(&request) {
            headers.insert(header::CONTENT_TYPE, form.content_type);
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(form.length));
            // A form is what other sites' pages can send too, so servers ask for a sign that no browser sent it unasked.
            headers.insert("apollo-require-preflight", HeaderValue::from_static("true"));
            self.post(self.for_files()?, headers, reqwest::Body::wrap_stream(form.body)).await?
        } else {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let repeatable = request.kind == OperationKind::Query;
            match &self.client {
                Client::Plain(plain) => {
                    let call = plain.post(headers, request.to_json(), repeatable);
                    timeout(self.options.timeout, call).await.unwrap_or(Err(SubgraphError::Timeout))?
                }
                Client::Versatile(client) => self.ask(client, headers, request.to_json(), repeatable).await?,
            }
        };
        let PlainResponse { status, headers, body } = response;
        if is_traced {
            Span::current().record("http.response.status_code", status.as_u16());
        }
        let body = match body {
            Ok(body) => body,
            Err(_) if !status.is_success() => return Err(refusal(status, &headers)),
            Err(error) => return Err(error),
        };
        // Nothing asks for it, and what is packed cannot be read (RFC 9110 §8.4).
        if let Some(coding) = headers.get(header::CONTENT_ENCODING).filter(|coding| *coding != "identity") {
            let coding = String::from_utf8_lossy(coding.as_bytes());
            let message = format!("it is packed by `{coding}`, which was not asked for");
            return Err(SubgraphError::InvalidResponse(message));
        }
        if !status.is_success() && !is_graphql_response(&body) {
            return Err(refusal(status, &headers));
        }
        Ok(SubgraphResponse { body, status, headers })
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        match &self.subscriptions {
            Some(subscriptions) => subscriptions.subscribe(request).await,
            None => Err(SubgraphError::Unavailable("subscriptions are not configured for it".to_owned())),
        }
    }
}
