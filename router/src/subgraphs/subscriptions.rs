//! How the router subscribes at subgraphs of other processes: by which protocol, where, and how many share a connection.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderName;
use cloudphone_execution::subgraphs::event_stream::{EventStreamOptions, EventStreamSubgraph};
use cloudphone_execution::subgraphs::http::RequestDecorator;
use cloudphone_execution::subgraphs::reach::Reach;
use cloudphone_execution::subgraphs::recovery::Recovery;
use cloudphone_execution::subgraphs::websocket::{Dialect, WebSocketOptions, WebSocketSubgraph};
use cloudphone_execution::{SubgraphError, SubgraphService};
use serde_json::Value;
use url::Url;

/// By which protocol a subgraph streams events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionProtocol {
    /// `graphql-transport-ws`.
    #[default]
    WebSocket,
    /// The older subprotocol `graphql-ws`.
    LegacyWebSocket,
    /// `text/event-stream`, as graphql-sse has it in its distinct connections mode.
    EventStream,
}

/// The subscriptions of one subgraph.
#[derive(Clone, Debug)]
pub struct SubscriptionOptions {
    /// The protocol.
    pub protocol: SubscriptionProtocol,
    /// Where it answers: a URL, or a path of the subgraph's own host. Absent: where the subgraph is expected to.
    pub place: Option<String>,
    /// Operations that share a WebSocket at most.
    pub operations_per_connection: usize,
    /// WebSockets at most, over all identities.
    pub max_connections: usize,
    /// How long a WebSocket without operations is kept.
    pub idle_timeout: Duration,
    /// How often a quiet WebSocket is pinged.
    pub ping_interval: Duration,
    /// Silence after which an event stream is lost; absent: never.
    pub silence: Option<Duration>,
    /// How long a lost subgraph is looked for.
    pub patience: Duration,
    /// Bytes of events that wait for a slow reader of a shared WebSocket.
    pub queue_bytes: usize,
    /// Larger events end their stream.
    pub max_event_bytes: usize,
    /// What `connection_init` says.
    pub init_payload: BTreeMap<String, String>,
    /// Headers that `connection_init` repeats.
    pub init_headers: Vec<HeaderName>,
}

impl Default for SubscriptionOptions {
    fn default() -> Self {
        let place = Url::parse("ws://localhost").expect("it is a URL");
        let options = WebSocketOptions::new(place);
        Self {
            protocol: SubscriptionProtocol::default(),
            place: None,
            operations_per_connection: options.operations_per_connection,
            max_connections: options.max_connections,
            idle_timeout: options.idle_timeout,
            ping_interval: options.ping_interval,
            silence: None,
            patience: options.recovery.patience,
            queue_bytes: options.queue_bytes,
            max_event_bytes: options.max_message_bytes,
            init_payload: BTreeMap::new(),
            init_headers: Vec::new(),
        }
    }
}

impl SubscriptionOptions {
    /// The same for one of several instances: whoever knows the others looks for it, not its transport.
    pub(super) fn lost_at_once(self) -> Self {
        Self { patience: Duration::ZERO, ..self }
    }

    /// The subscriptions of a subgraph at `base`, which is reached in this way and expected to have them at `usual`.
    pub(super) fn connect(
        &self,
        base: &Url,
        usual: Url,
        reach: &Reach,
        decorator: Arc<dyn RequestDecorator>,
    ) -> Result<Arc<dyn SubgraphService>, SubgraphError> {
        let url = match &self.place {
            Some(place) => base.join(place).map_err(|error| SubgraphError::Unavailable(error.to_string()))?,
            None => usual,
        };
        let mut reach = reach.clone();
        if url.host() != base.host() {
            // Another host is at another address.
            (reach.address, reach.unix_socket) = (None, None);
        }
        let recovery = Recovery { patience: self.patience, ..Recovery::default() };
        match self.protocol {
            SubscriptionProtocol::WebSocket => self.web_socket(url, reach, Dialect::Current, recovery, decorator),
            SubscriptionProtocol::LegacyWebSocket => self.web_socket(url, reach, Dialect::Legacy, recovery, decorator),
            SubscriptionProtocol::EventStream => {
                let options = EventStreamOptions {
                    reach,
                    silence: self.silence,
                    recovery,
                    max_message_bytes: self.max_event_bytes,
                    ..EventStreamOptions::new(with_scheme(url, "http", "https")?)
                };
                Ok(Arc::new(EventStreamSubgraph::new(options)?.with_decorator(decorator)))
            }
        }
    }

    fn web_socket(
        &self,
        url: Url,
        reach: Reach,
        dialect: Dialect,
        recovery: Recovery,
        decorator: Arc<dyn RequestDecorator>,
    ) -> Result<Arc<dyn SubgraphService>, SubgraphError> {
        let told = self.init_payload.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let options = WebSocketOptions {
            reach,
            dialect,
            recovery,
            init_payload: Some(told.collect()),
            init_headers: self.init_headers.clone(),
            ping_interval: self.ping_interval,
            max_message_bytes: self.max_event_bytes,
            operations_per_connection: self.operations_per_connection,
            max_connections: self.max_connections,
            idle_timeout: self.idle_timeout,
            queue_bytes: self.queue_bytes,
            ..WebSocketOptions::new(with_scheme(url, "ws", "wss")?)
        };
        Ok(Arc::new(WebSocketSubgraph::new(options)?.with_decorator(decorator)))
    }
}

/// The same place by another scheme, as secure as before.
fn with_scheme(mut url: Url, open: &str, secure: &str) -> Result<Url, SubgraphError> {
    let scheme = if matches!(url.scheme(), "https" | "wss") { secure } else { open };
    if url.scheme() != scheme {
        url.set_scheme(scheme).map_err(|()| SubgraphError::Unavailable("the URL has no web scheme".to_owned()))?;
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_place_is_as_secure_as_its_subgraph() {
        let sockets = |url: &str| with_scheme(url.parse().unwrap(), "ws", "wss").unwrap().to_string();
        assert_eq!(sockets("https://a.example/graphql"), "wss://a.example/graphql");
        assert_eq!(sockets("http://a.example:81/ws"), "ws://a.example:81/ws");
        assert_eq!(sockets("wss://a.example/"), "wss://a.example/");
        assert!(with_scheme("mailto:a@example.com".parse().unwrap(), "ws", "wss").is_err());
    }
}
