//! Where a request comes from: address, client, and the trail it belongs to.

mod proxies;

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use cloudphone_core::{CorrelationId, Origin};

pub use proxies::{Peer, ProxyHeader, Scheme, TrustedProxies, behind_proxies};

/// The header by which clients hand in, and answers hand back, the id that ties a request's work together.
pub const CORRELATION_HEADER: HeaderName = HeaderName::from_static("x-correlation-id");

/// The client of a request; extracting it never fails.
pub struct Client {
    /// Where the request comes from.
    pub origin: Origin,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        if let Some(origin) = parts.extensions.get::<Origin>() {
            return Ok(Self { origin: origin.clone() });
        }
        let text = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let correlation_id =
            text(&CORRELATION_HEADER).and_then(|id| id.parse().ok()).unwrap_or_else(CorrelationId::new);
        let traceparent = text(&HeaderName::from_static("traceparent")).filter(|value| is_traceparent(value));
        let connected = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let address = parts.extensions.get::<Peer>().map(|peer| peer.address).or_else(connected);
        let address = address.map(|address| address.to_string());
        let user_agent = text(&header::USER_AGENT).map(|agent| agent.chars().take(300).collect());
        let origin = Origin { correlation_id, address, user_agent, traceparent: traceparent.map(str::to_owned) };
        parts.extensions.insert(origin.clone());
        Ok(Self { origin })
    }
}

/// W3C Trace Context §3.2: version, trace id, parent id and flags in lower-case hexadecimal.
pub(crate) fn is_traceparent(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    matches!(parts[..], [version, trace, parent, flags]
        if version.len() == 2 && trace.len() == 32 && parent.len() == 16 && flags.len() == 2
            && parts.iter().all(|part| hex(part)) && version != "ff")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_traceparent_is_carried_on() {
        assert!(is_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        assert!(!is_traceparent("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"));
        assert!(!is_traceparent("00-short-b7ad6b7169203331-01"));
    }
}
