//! Headers that tell browsers to be careful.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

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

/// Adds the headers to every answer that has not set them itself.
pub fn secure(router: Router, policy: &ContentPolicy) -> Router {
    let fixed: [(HeaderName, HeaderValue); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (header::CONTENT_SECURITY_POLICY, policy.header()),
    ];
    fixed
        .into_iter()
        .fold(router, |router, (name, value)| router.layer(SetResponseHeaderLayer::if_not_present(name, value)))
}
