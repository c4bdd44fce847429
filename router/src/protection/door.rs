//! What is looked at before a request is read: whether there is room for it, whether another site forged it, and whether
//! its body is what it says.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use cloudphone_core::Origin;

use super::overload;
use crate::answer::error_response;
use crate::clients::http;
use crate::origin::Client;
use crate::server::OpenEdge;

/// Lets a request in or answers why not.
pub(crate) async fn door(State(edge): State<Arc<OpenEdge>>, client: Client, request: Request, next: Next) -> Response {
    if edge.pipeline.is_overloaded() {
        let (code, message) = (overload::CODE, overload::MESSAGE);
        let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, code, message, &client.origin);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(overload::RETRY_AFTER));
        // Its body is not read, so that the connection is of no more use.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_socket = request.headers().contains_key(header::UPGRADE);
    if is_read && !is_socket && edge.cross_site.is_forgeable(request.headers()) {
        let message =
            "Send the header `apollo-require-preflight`, so that browsers ask before another site's page does this.";
        return refusal(StatusCode::FORBIDDEN, "CROSS_SITE_REQUEST", message, &client.origin);
    }
    if is_encoded(request.headers()) {
        // A small body may be a large one when it is unpacked, so that nothing is unpacked here.
        let message = "Send the request without `Content-Encoding`.";
        let mut response =
            refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_CONTENT_ENCODING", message, &client.origin);
        // RFC 9110 §15.5.16.
        response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        http::discard(&edge.limits, request).await;
        return response;
    }
    next.run(request).await
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn refusal(status: StatusCode, code: &'static str, message: &str, origin: &Origin) -> Response {
    metrics::counter!("cloudphone_graphql_operations_refused_total", "code" => code).increment(1);
    http::json(status, error_response(code, message, origin.correlation_id))
}
