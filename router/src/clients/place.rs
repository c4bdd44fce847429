//! The place of a live connection, a WebSocket or a response that streams: one among all, and one among those of its caller.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use cloudphone_core::Origin;
use tokio::sync::OwnedSemaphorePermit;

use super::streaming::refusal;
use crate::protection::{Holder, Share};
use crate::server::OpenEdge;
use crate::session::{Session, SessionState};

/// A place; free again when it is dropped.
pub struct LivePlace {
    share: Share,
    _permit: OwnedSemaphorePermit,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// The router has as many live connections as it takes.
    Router,
    /// The caller has as many as one may have.
    Caller,
}

impl LivePlace {
    /// A place for whoever comes from there. Until it is known who that is, it counts for the address.
    pub fn take(edge: &OpenEdge, origin: &Origin) -> Result<Self, NoPlace> {
        let permit = Arc::clone(&edge.connections).try_acquire_owned().map_err(|_| NoPlace::Router.counted())?;
        let share = edge.shares().take(Holder::nobody(origin), edge.limits.connections_per_user);
        Ok(Self { share: share.ok_or_else(|| NoPlace::Caller.counted())?, _permit: permit })
    }

    /// Counts for the caller of the session from now on.
    pub fn pass_to(&mut self, edge: &OpenEdge, session: &Session) -> Result<(), NoPlace> {
        let holder = match session.entitled().now() {
            SessionState::Valid(caller) => Holder::of(Some(&caller), session.origin()),
            SessionState::Anonymous | SessionState::Ended(_) => return Ok(()),
        };
        let passed = self.share.pass_to(holder, edge.limits.connections_per_user);
        if passed { Ok(()) } else { Err(NoPlace::Caller.counted()) }
    }
}

impl NoPlace {
    fn counted(self) -> Self {
        let limit = match self {
            Self::Router => "all",
            Self::Caller => "caller",
        };
        metrics::counter!("cloudphone_live_connections_refused_total", "limit" => limit).increment(1);
        self
    }

    /// The answer by HTTP.
    pub fn answer(self, origin: &Origin) -> Response {
        let mut response = match self {
            Self::Router => {
                let message = "Too many connections; try again later.";
                refusal(StatusCode::SERVICE_UNAVAILABLE, "TOO_MANY_CONNECTIONS", message, origin)
            }
            Self::Caller => {
                let message = "You have too many live connections; end one first.";
                refusal(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_OWN_CONNECTIONS", message, origin)
            }
        };
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        response
    }
}
