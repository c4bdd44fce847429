//! What keeps the edge safe whoever calls: limits, cross-site rules and security headers.

mod cross_site;
mod headers;

use std::time::Duration;

pub use cross_site::CrossSite;
pub use headers::{ContentPolicy, secure};

/// Limits of the edge.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest JSON body.
    pub body_bytes: usize,
    /// The longest that a query or mutation may take.
    pub request_timeout: Duration,
    /// WebSocket connections and event streams at once.
    pub connections: usize,
    /// Operations under way on one connection.
    pub operations_per_connection: usize,
    /// Silence after which a WebSocket is pinged; after two of them it is closed.
    pub heartbeat: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 10 * 1024 * 1024,
            request_timeout: Duration::from_secs(30),
            connections: 10_000,
            operations_per_connection: 100,
            heartbeat: Duration::from_secs(30),
        }
    }
}
