//! Headers that tell browsers to be careful.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::origin::{Peer, Scheme};

/// What the console's pages may load besides their own origin.
#[derive(Clone, Debug, Default)]
pub struct ContentPolicy {
    /// Where object storage is reached by browsers, such as `http://127.0.0.1:31900`.
    pub storage_origin: Option<String>,
}

impl ContentPolicy {
    fn header(&self) -> HeaderValue {
        let storage = self.storage_origin.as_deref().unwrap_or_default();
        // Component libraries set styles at run time, and hashing runs in a WebAssembly worker.
        let policy = format!(
            "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
             img-src 'self' data: blob: {storage}; connect-src 'self' ws: wss: {storage}; worker-src 'self' blob:; \
             frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
        );
        HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'self'"))
    }
}

/// For how long browsers that came by TLS may come by nothing else (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StrictTransport {
    /// The time in seconds.
    pub seconds: u64,
    /// Whether it holds for the hosts below this one as well.
    pub subdomains: bool,
}

impl StrictTransport {
    fn header(self) -> HeaderValue {
        let subdomains = if self.subdomains { "; includeSubDomains" } else { "" };
        let value = format!("max-age={}{subdomains}", self.seconds);
        HeaderValue::try_from(value).expect("a number and a word fit into a header")
    }
}

/// The headers that every answer has.
#[derive(Clone, Debug)]
pub struct SecurityHeaders(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    always: [(HeaderName, HeaderValue); 6],
    /// RFC 6797 §7.2: never told in the clear.
    encrypted: Option<HeaderValue>,
}

impl SecurityHeaders {
    /// The headers for these pages, whose browsers come by TLS or not.
    pub fn new(policy: &ContentPolicy, transport: Option<StrictTransport>) -> Self {
        let always = [
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
            // Other sites read by CORS or not at all; nothing here is an image or a script for them.
            (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
            (header::CONTENT_SECURITY_POLICY, policy.header()),
        ];
        Self(Arc::new(Rules { always, encrypted: transport.map(StrictTransport::header) }))
    }
}

/// Adds the headers to an answer that has not set them itself.
pub async fn secure(State(SecurityHeaders(rules)): State<SecurityHeaders>, request: Request, next: Next) -> Response {
    let encrypted = request.extensions().get::<Peer>().is_some_and(|peer| peer.scheme == Scheme::Https);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in &rules.always {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if let Some(rule) = rules.encrypted.as_ref().filter(|_| encrypted) {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert_with(|| rule.clone());
    }
    response
}
