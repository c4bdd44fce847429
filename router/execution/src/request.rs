//! What execution asks of subgraphs, and what it carries along with a client's request.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_planning::{OperationKind, codes};
use futures::stream::BoxStream;
use http::{Extensions, HeaderMap, StatusCode};
use tokio_util::sync::CancellationToken;

/// A client's request as far as subgraphs are concerned. What the caller is, execution does not know: the router puts
/// that into `extensions`, and whoever talks to the subgraphs takes it out.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// Ties together everything done for the request.
    pub request_id: Arc<str>,
    /// Headers to send to the subgraphs as they are.
    pub headers: HeaderMap,
    /// When the answer is no longer wanted.
    pub deadline: Option<Instant>,
    /// Cancelled when nobody waits for the answer any more.
    pub cancellation: CancellationToken,
    /// Values for the transports, by type.
    pub extensions: Extensions,
    /// How a call tells its subgraph of the span that it is made in; absent: spans are recorded nowhere, and none are made.
    pub traceparent: Option<Traceparent>,
}

/// The W3C `traceparent` of a span.
pub type Traceparent = fn(&tracing::Span) -> Option<String>;

impl RequestContext {
    /// A context with an id and nothing else.
    pub fn new(request_id: impl Into<Arc<str>>) -> Self {
        Self { request_id: request_id.into(), ..Self::default() }
    }

    /// How long is left of at most `limit`.
    pub fn time_left(&self, limit: Duration) -> Duration {
        self.deadline.map_or(limit, |deadline| limit.min(deadline.saturating_duration_since(Instant::now())))
    }
}

/// One operation for one subgraph.
#[derive(Debug, Clone)]
pub struct SubgraphRequest {
    /// Whom it is for.
    pub subgraph: Arc<str>,
    /// The document.
    pub query: Arc<str>,
    /// The name of the operation in `query`; none when it is anonymous.
    pub operation_name: Option<Arc<str>>,
    /// The variables, a JSON object.
    pub variables: Bytes,
    /// What kind of operation it is.
    pub kind: OperationKind,
    /// The event after which a subscription goes on, as its source named it; none: it begins.
    pub position: Option<Arc<str>>,
    /// The client's request.
    pub context: Arc<RequestContext>,
}

impl SubgraphRequest {
    /// The request as GraphQL over HTTP has it: a JSON object with the document and the variables.
    pub fn to_json(&self) -> Bytes {
        let mut body = Vec::with_capacity(self.query.len() + self.variables.len() + 64);
        body.extend_from_slice(b"{\"query\":");
        serde_json::to_writer(&mut body, &*self.query).expect("text serialises into memory");
        if let Some(name) = &self.operation_name {
            body.extend_from_slice(b",\"operationName\":");
            serde_json::to_writer(&mut body, &**name).expect("text serialises into memory");
        }
        if self.variables.len() > 2 {
            body.extend_from_slice(b",\"variables\":");
            body.extend_from_slice(&self.variables);
        }
        body.push(b'}');
        body.into()
    }
}

/// A subgraph's answer.
#[derive(Debug, Clone, Default)]
pub struct SubgraphResponse {
    /// A GraphQL response in JSON.
    pub body: Bytes,
    /// Its status; 200 when it came over no network.
    pub status: StatusCode,
    /// Its headers, when it came over a network.
    pub headers: HeaderMap,
}

impl From<Bytes> for SubgraphResponse {
    fn from(body: Bytes) -> Self {
        Self { body, ..Self::default() }
    }
}

/// What a subscription's source says.
#[derive(Debug, Clone)]
pub enum SubgraphEvent {
    /// A GraphQL response in JSON.
    Next(Bytes),
    /// The source was lost and found again; events may have been missed.
    Resumed,
    /// The source is lost, and the transport looks for it no longer; nothing follows. Whoever knows another place may go on there.
    Lost(Loss),
    /// The source is lost for good; nothing follows.
    Failed(SubgraphError),
}

/// How a source of events was lost.
#[derive(Debug, Clone)]
pub struct Loss {
    /// Why.
    pub error: SubgraphError,
    /// What to go on after, where events have names: then nothing is missed.
    pub position: Option<Arc<str>>,
    /// How long the source asked to be left alone at least.
    pub pause: Option<Duration>,
}

impl From<SubgraphError> for Loss {
    fn from(error: SubgraphError) -> Self {
        Self { error, position: None, pause: None }
    }
}

/// Why a subgraph gave no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubgraphError {
    /// No connection, or it broke.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// No answer in time.
    #[error("the service did not answer in time")]
    Timeout,
    /// It will not have us, and asking again is of no use.
    #[error("the service refuses: {0}")]
    Refused(String),
    /// An answer that is no GraphQL response.
    #[error("the service answered something that is no GraphQL response: {0}")]
    InvalidResponse(String),
    /// An HTTP status that says the request failed, without a GraphQL response.
    #[error("the service answered with status {status}")]
    Status {
        /// The status.
        status: u16,
        /// Its `Retry-After`, as it came (RFC 9110 §10.2.3).
        retry_after: Option<Arc<str>>,
    },
    /// An answer larger than allowed.
    #[error("the service's answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The transport cannot reach the service as things stand: it is not set up for it, or knows of no instance.
    #[error("the service is not available at the moment: {0}")]
    Unavailable(String),
    /// The service kept failing, so that for a while calls are refused at once.
    #[error("the service kept failing and is not called for a while")]
    CircuitOpen,
    /// As many calls as are allowed are under way, and none ended in time.
    #[error("too many calls to the service are under way")]
    Overloaded,
    /// The client's request was given up.
    #[error("the request was cancelled")]
    Cancelled,
}

impl SubgraphError {
    /// The code that clients see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout => codes::GATEWAY_TIMEOUT,
            Self::Cancelled => codes::REQUEST_CANCELLED,
            Self::CircuitOpen => codes::SUBGRAPH_UNAVAILABLE,
            Self::Overloaded => codes::SUBGRAPH_OVERLOADED,
            _ => codes::DOWNSTREAM_SERVICE_ERROR,
        }
    }
}

/// One subgraph, wherever it runs.
#[async_trait]
pub trait SubgraphService: Send + Sync {
    /// Answers a query or mutation.
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError>;

    /// Starts a subscription; the stream's end is the subscription's end.
    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError>;
}
