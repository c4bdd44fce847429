//! Headers that tell browsers to be careful.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::set_header::SetResponseHeaderLayer;

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

/// Adds the headers to every answer that has not set them itself.
pub fn secure(router: Router, policy: &ContentPolicy, transport: Option<StrictTransport>) -> Router {
    let router = match transport {
        Some(rule) => router.layer(middleware::from_fn_with_state(rule.header(), strictly)),
        None => router,
    };
    let fixed: [(HeaderName, HeaderValue); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        // Other sites read by CORS or not at all; nothing here is an image or a script for them.
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (header::CONTENT_SECURITY_POLICY, policy.header()),
    ];
    fixed
        .into_iter()
        .fold(router, |router, (name, value)| router.layer(SetResponseHeaderLayer::if_not_present(name, value)))
}

/// RFC 6797 §7.2: never told in the clear.
async fn strictly(State(rule): State<HeaderValue>, request: Request, next: Next) -> Response {
    let encrypted = request.extensions().get::<Peer>().is_some_and(|peer| peer.scheme == Scheme::Https);
    let mut response = next.run(request).await;
    if encrypted {
        response.headers_mut().entry(header::STRICT_TRANSPORT_SECURITY).or_insert(rule);
    }
    response
}
