//! Settings of the subscriptions that the router has at one subgraph.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::HeaderName;
use cloudphone_router::subgraphs::{SubscriptionOptions, SubscriptionProtocol};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// By which protocol a subgraph streams events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// `graphql-transport-ws`.
    #[default]
    Websocket,
    /// The older subprotocol `graphql-ws` of subscriptions-transport-ws.
    LegacyWebsocket,
    /// `text/event-stream` by graphql-sse, distinct connections mode.
    Sse,
}

/// The subscriptions of a subgraph in another process.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Subscriptions {
    /// `websocket` (graphql-transport-ws), `legacy_websocket` (the older subprotocol graphql-ws) or `sse` (graphql-sse).
    pub protocol: Protocol,
    /// Where they are: a URL, or a path of the subgraph's host such as `/ws`. Absent means: at the subgraph's own URL, and at `/graphql/ws`
    /// for the platform's own subgraphs.
    pub url: Option<String>,
    /// Subscriptions of equal identity that share a WebSocket at most.
    pub operations_per_connection: usize,
    /// WebSockets to the subgraph at most, over all identities.
    pub max_connections: usize,
    /// How long a WebSocket without subscriptions is kept, in seconds.
    pub idle_seconds: u64,
    /// How often a quiet WebSocket is pinged, in seconds; it is lost when nothing is heard for three times as long.
    pub ping_seconds: u64,
    /// Silence after which an SSE stream is lost, in seconds. Absent means: never; set it where the subgraph sends comments.
    pub silence_seconds: Option<u64>,
    /// How long a lost subgraph is looked for before its streams end with an error, in seconds.
    pub patience_seconds: u64,
    /// Kilobytes of events that wait for a slow reader of a shared WebSocket, before it goes on by a connection of its own.
    pub queue_kilobytes: usize,
    /// Largest event in bytes.
    pub max_event_bytes: usize,
    /// Texts that `connection_init` carries as its payload, by name.
    pub init_payload: BTreeMap<String, String>,
    /// Headers sent to the subgraph that the payload of `connection_init` repeats, such as `authorization`.
    pub init_headers: Vec<String>,
}

impl Default for Subscriptions {
    fn default() -> Self {
        let options = SubscriptionOptions::default();
        Self {
            protocol: Protocol::default(),
            url: None,
            operations_per_connection: options.operations_per_connection,
            max_connections: options.max_connections,
            idle_seconds: options.idle_timeout.as_secs(),
            ping_seconds: options.ping_interval.as_secs(),
            silence_seconds: None,
            patience_seconds: options.patience.as_secs(),
            queue_kilobytes: options.queue_bytes / 1024,
            max_event_bytes: options.max_event_bytes,
            init_payload: BTreeMap::new(),
            init_headers: Vec::new(),
        }
    }
}

impl Subscriptions {
    /// The same for the router.
    pub(super) fn options(&self) -> SubscriptionOptions {
        SubscriptionOptions {
            protocol: match self.protocol {
                Protocol::Websocket => SubscriptionProtocol::WebSocket,
                Protocol::LegacyWebsocket => SubscriptionProtocol::LegacyWebSocket,
                Protocol::Sse => SubscriptionProtocol::EventStream,
            },
            place: self.url.clone(),
            operations_per_connection: self.operations_per_connection,
            max_connections: self.max_connections,
            idle_timeout: Duration::from_secs(self.idle_seconds),
            ping_interval: Duration::from_secs(self.ping_seconds),
            silence: self.silence_seconds.map(Duration::from_secs),
            patience: Duration::from_secs(self.patience_seconds),
            queue_bytes: self.queue_kilobytes.saturating_mul(1024),
            max_event_bytes: self.max_event_bytes,
            init_payload: self.init_payload.clone(),
            init_headers: self.init_headers.iter().filter_map(|name| name.parse().ok()).collect(),
        }
    }

    /// One sentence for each broken rule.
    pub(super) fn problems(&self, path: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, problem: &str| {
            if !holds {
                problems.push(format!("{path}.{problem}"));
            }
        };
        if let Some(place) = &self.url {
            let base = Url::parse("http://subgraph.invalid").expect("it is a URL");
            let fits = base.join(place).is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "ws" | "wss"));
            check(fits, "url: needs a URL, or a path such as /ws.");
        }
        // Semaphores take no more.
        let places = 1..=tokio::sync::Semaphore::MAX_PERMITS;
        check(
            places.contains(&self.operations_per_connection),
            "operations_per_connection: needs at least 1, and no more than there can be.",
        );
        check(
            places.contains(&self.max_connections),
            "max_connections: needs at least 1, and no more than there can be.",
        );
        let times = [self.idle_seconds, self.ping_seconds, self.silence_seconds.unwrap_or(1)];
        check(
            times.iter().all(|seconds| (1..=3600).contains(seconds)),
            "idle_seconds, ping_seconds, silence_seconds: choose 1 to 3600 seconds.",
        );
        check(self.patience_seconds <= 86_400, "patience_seconds: choose at most a day.");
        check((1..=1_048_576).contains(&self.queue_kilobytes), "queue_kilobytes: choose 1 kilobyte to 1 gigabyte.");
        check(self.max_event_bytes >= 1024, "max_event_bytes: needs at least 1024 bytes.");
        for name in &self.init_headers {
            check(name.parse::<HeaderName>().is_ok(), &format!("init_headers: `{name}` is no name of a header."));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_wrong_values_are_named() {
        assert_eq!(Subscriptions::default().problems("router"), Vec::<String>::new());
        let wrong = Subscriptions {
            url: Some("mailto:x@example.com".to_owned()),
            operations_per_connection: 0,
            ping_seconds: 0,
            init_headers: vec!["a b".to_owned()],
            ..Subscriptions::default()
        };
        let problems = wrong.problems("here");
        assert_eq!(problems.len(), 4, "{problems:?}");
        assert!(problems.iter().all(|problem| problem.starts_with("here.")), "{problems:?}");
    }
}
