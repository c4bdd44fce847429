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
                HeaderName::from_static("graphql-require-preflight"),
                HeaderName::from_static("x-graphql-event-stream-token"),
                HeaderName::from_static("x-apollo-operation-name"),
                HeaderName::from_static("apollo-require-preflight"),
                CORRELATION_HEADER,
            ])
            .expose_headers([
                CORRELATION_HEADER,
                header::RETRY_AFTER,
                HeaderName::from_static("ratelimit"),
                HeaderName::from_static("ratelimit-policy"),
            ])
            .max_age(Duration::from_hours(1))
    }

    /// Whether a page of another site might have made a browser send this, with whatever it keeps for ours and without
    /// asking first: requests with a header that browsers ask for are not such (Fetch standard, CORS-safelisted headers).
    pub fn is_forgeable(&self, headers: &HeaderMap) -> bool {
        let is_json = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().starts_with(b"application/json");
        let asked_first = headers.get(header::CONTENT_TYPE).is_some_and(is_json)
            || ["x-apollo-operation-name", "apollo-require-preflight", "authorization", "x-api-key"]
                .iter()
                .any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()));
        !asked_first && self.is_foreign(headers)
    }

    /// Whether the page is of another site that is not allowed, as far as the browser tells.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
            // Pages cannot set this header: the page is ours, or a person typed the address.
            Some(b"same-origin" | b"none") => false,
            _ if headers.contains_key(header::ORIGIN) => !self.allows_socket(headers),
            Some(_) => true,
            // Browsers that tell neither do send cookies.
            None => headers.contains_key(header::COOKIE),
        }
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
    fn what_another_site_could_forge_is_told_from_what_it_could_not() {
        let forgeable = |pairs: &[(&'static str, &str)]| {
            let headers = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            let mut headers: HeaderMap = headers.collect();
            headers.insert(header::HOST, "phones.example.com".parse().unwrap());
            CrossSite::new(&["https://partner.example.com".to_owned()]).is_forgeable(&headers)
        };
        assert!(!forgeable(&[]), "programs");
        assert!(forgeable(&[("cookie", "a=b")]));
        assert!(forgeable(&[("origin", "https://evil.example.com")]));
        assert!(forgeable(&[("origin", "null")]));
        assert!(forgeable(&[("sec-fetch-site", "cross-site")]));
        assert!(!forgeable(&[("sec-fetch-site", "same-origin"), ("cookie", "a=b")]));
        assert!(!forgeable(&[("origin", "https://partner.example.com"), ("cookie", "a=b")]));
        for (name, value) in [("apollo-require-preflight", "1"), ("content-type", "application/json")] {
            assert!(!forgeable(&[("origin", "https://evil.example.com"), (name, value)]));
        }
        assert!(forgeable(&[("origin", "https://evil.example.com"), ("content-type", "text/plain")]));
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
