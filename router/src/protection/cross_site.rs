//! Which other sites' pages may call.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::origin::CORRELATION_HEADER;

/// The origins that browsers may call from, besides the console's own.
#[derive(Clone, Debug)]
pub struct CrossSite {
    allowed: Arc<[HeaderValue]>,
}

impl CrossSite {
    /// Takes origins such as `https://console.example.com`; those that are no header values are left out.
    pub fn new(origins: &[String]) -> Self {
        Self { allowed: origins.iter().filter_map(|origin| origin.parse().ok()).collect() }
    }

    /// The answers to browsers' questions (Fetch standard, CORS protocol).
    pub fn layer(&self) -> CorsLayer {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(self.allowed.iter().cloned()))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::ACCEPT,
                HeaderName::from_static("x-api-key"),
                HeaderName::from_static("traceparent"),
                HeaderName::from_static("x-graphql-event-stream-token"),
                CORRELATION_HEADER,
            ])
            .expose_headers([CORRELATION_HEADER])
            .max_age(Duration::from_hours(1))
    }

    /// Whether a page may open a WebSocket: browsers do not ask before they do, so the server has to look (RFC 6455 §10.2).
    pub fn allows_socket(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else { return true };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let same = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, site)| site);
        (same.is_some() && same == host) || self.allowed.contains(origin)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn socket_from(origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "phones.example.com".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        CrossSite::new(&["https://partner.example.com".to_owned()]).allows_socket(&headers)
    }

    #[test]
    fn a_strange_site_cannot_open_a_socket() {
        assert!(socket_from(None), "programs send no origin");
        assert!(socket_from(Some("https://phones.example.com")));
        assert!(socket_from(Some("https://partner.example.com")));
        assert!(!socket_from(Some("https://evil.example.com")));
        assert!(!socket_from(Some("null")));
    }
}
