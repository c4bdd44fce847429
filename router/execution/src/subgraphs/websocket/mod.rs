//! Subscriptions of a subgraph over web sockets.
//!
//! Subscriptions of equal identity share connections; different identities never do. A lost connection is made again, with growing
//! pauses, and takes up all its operations: the clients' streams go on, and the first event after that tells of a possible gap. A
//! subscriber that does not keep up holds a shared connection back for a moment only; then it goes on by a connection of its own,
//! which it may hold back as it likes.

mod connection;
mod handshake;
mod identity;
pub mod message;
mod operation;
mod pool;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use http::HeaderName;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use url::Url;

pub use message::Dialect;
use operation::Subscriber;
use pool::{Company, Pool};

use crate::{
    request::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService},
    subgraphs::{http::RequestDecorator, only_result, reach::Reach, recovery::Recovery},
};

/// How to reach a subgraph's subscriptions.
#[derive(Debug, Clone)]
pub struct WebSocketOptions {
    /// Where it answers: `ws://…` or `wss://…`.
    pub url: Url,
    /// The protocol that it speaks.
    pub dialect: Dialect,
    /// The payload of `connection_init`.
    pub init_payload: Option<Map<String, Value>>,
    /// Headers of the connection that are also put into that payload, by their names in lower case.
    pub init_headers: Vec<HeaderName>,
    /// How to get there.
    pub reach: Reach,
    /// How long connecting and the acknowledgement may take.
    pub connect_timeout: Duration,
    /// How often to ask whether the other side is still there; it is not when it is silent for three times as long.
    pub ping_interval: Duration,
    /// When to look for a lost subgraph.
    pub recovery: Recovery,
    /// Larger messages end the stream.
    pub max_message_bytes: usize,
    /// Operations that share a connection at most.
    pub operations_per_connection: usize,
    /// Connections to the subgraph at most, over all identities.
    pub max_connections: usize,
    /// How long a connection without operations is kept.
    pub idle_timeout: Duration,
    /// Bytes of events that wait for a slow subscriber; each event counts as a kilobyte at least.
    pub queue_bytes: usize,
    /// How long a slow subscriber may hold a shared connection back before it goes on by one of its own.
    pub slow_reader_grace: Duration,
}

impl WebSocketOptions {
    /// The defaults for a URL.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            dialect: Dialect::Current,
            init_payload: None,
            init_headers: Vec::new(),
            reach: Reach::default(),
            connect_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            recovery: Recovery::default(),
            max_message_bytes: 16 * 1024 * 1024,
            operations_per_connection: 100,
            max_connections: 10_000,
            idle_timeout: Duration::from_secs(30),
            queue_bytes: 256 * 1024,
            slow_reader_grace: Duration::from_millis(50),
        }
    }
}

/// The subscriptions of a subgraph.
pub struct WebSocketSubgraph {
    pool: Arc<Pool>,
}

impl WebSocketSubgraph {
    /// Subscriptions at a URL; fails when TLS cannot be set up.
    pub fn new(options: WebSocketOptions) -> Result<Self, SubgraphError> {
        // A connection is made for each upgrade and is never one of HTTP again.
        let builder = reqwest::Client::builder()
            .http1_only()
            .http1_title_case_headers()
            .pool_max_idle_per_host(0)
            .connect_timeout(options.connect_timeout);
        let client = options.reach.client(&options.url, builder)?;
        Ok(Self { pool: Arc::new(Pool::new(options, client, None)) })
    }

    /// The same with every connection decorated, for use before the first subscription.
    #[must_use]
    pub fn with_decorator(self, decorator: Arc<dyn RequestDecorator>) -> Self {
        let (options, client) = (WebSocketOptions::clone(self.pool.options()), self.pool.client().clone());
        Self { pool: Arc::new(Pool::new(options, client, Some(decorator))) }
    }
}

#[async_trait]
impl SubgraphService for WebSocketSubgraph {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        only_result(self.subscribe(request).await?).await
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        let (start, started) = oneshot::channel();
        let subscriber = self.pool.open(request, Company::Shared, Some(start))?;
        let lost = |_| SubgraphError::Unreachable("its connection was given up".to_owned());
        started.await.map_err(lost)??;
        Ok(stream::unfold(subscriber, Subscriber::next).boxed())
    }
}
