//! What keeps the edge safe whoever calls: limits, cross-site rules and security headers.

mod capacity;
mod cost;
mod cross_site;
pub(crate) mod door;
mod headers;
mod holder;
mod overload;
mod rates;
mod shares;

use std::time::Duration;

pub use capacity::{Capacity, Place};
pub use cost::{CostMode, CostRule};
pub use cross_site::CrossSite;
pub use headers::{ContentPolicy, SecurityHeaders, StrictTransport, secure};
pub(crate) use holder::Holder;
pub(crate) use overload::RETRY_AFTER;
pub use overload::{Overload, OverloadRules, control_group_memory};
pub(crate) use rates::tightest;
pub use rates::{RateCounts, RateLimits, RateRules, WhenUnreachable};
pub(crate) use shares::{Share, Shares};

pub use crate::clients::plan::PlanAccess;
pub use crate::clients::uploads::UploadLimits;
use crate::streams::StreamLimits;

/// Limits of the edge.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest JSON body.
    pub body_bytes: usize,
    /// Operations in one batch over HTTP; with one or none, batches are refused.
    pub batch: usize,
    /// The longest that a query or mutation may take, and the longest that its body may take to arrive.
    pub request_timeout: Duration,
    /// How long operations of live connections may take to finish when the process stops.
    pub drain: Duration,
    /// WebSocket connections and event streams at once.
    pub connections: usize,
    /// The same of one person, keys included, or of one address (an IPv6 network of 64 bits) without credentials.
    pub connections_per_user: usize,
    /// Operations under way on one connection.
    pub operations_per_connection: usize,
    /// Silence after which a WebSocket is pinged; after two of them it is closed.
    pub heartbeat: Duration,
    /// Silence after which a comment is sent on an event stream, so that proxies keep it open and lost clients are noticed.
    pub event_stream_heartbeat: Duration,
    /// How long a new WebSocket may take to begin its session.
    pub initialisation_timeout: Duration,
    /// The longest that a client may leave what was sent to it unread before it counts as lost.
    pub write_timeout: Duration,
    /// Subscriptions, and how they share.
    pub streams: StreamLimits,
    /// Files with operations; absent: none are taken.
    pub uploads: Option<UploadLimits>,
    /// Who may see the plans of operations.
    pub query_plans: PlanAccess,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 10 * 1024 * 1024,
            batch: 10,
            request_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(30),
            connections: 10_000,
            connections_per_user: 1000,
            operations_per_connection: 100,
            heartbeat: Duration::from_secs(30),
            event_stream_heartbeat: Duration::from_secs(12),
            initialisation_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            streams: StreamLimits::default(),
            uploads: None,
            query_plans: PlanAccess::Nobody,
        }
    }
}
