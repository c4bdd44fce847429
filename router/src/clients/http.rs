//! GraphQL over HTTP: GET and POST, both media types, status codes (graphql.github.io/graphql-over-http).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::time::timeout;

use super::request::{GraphQlParameters, MalformedRequest};
use super::sse;
use crate::answer::{errors_list, errors_response};
use crate::authentication::{AuthenticationError, Credential};
use crate::gateway::{OperationKind, Prepared, Scope};
use crate::origin::Client;
use crate::server::Edge;

/// The media type of the specification; with it the status tells whether the request was good.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
/// The older media type; with it a well-formed request is always answered by 200.
const JSON: &str = "application/json";

/// How the client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accept {
    GraphQlResponse,
    Json,
    EventStream,
}

/// Answers an operation, as one response or as a stream of events.
pub async fn graphql(State(edge): State<Arc<Edge>>, client: Client, request: Request) -> Response {
    let headers = request.headers().clone();
    let Some(accept) = accepted(&headers) else {
        return (StatusCode::NOT_ACCEPTABLE, "Accept application/graphql-response+json or application/json.")
            .into_response();
    };
    let method = request.method().clone();
    let parameters = match read(&edge, request).await {
        Ok(parameters) => parameters,
        Err(malformed) => return refuse(accept, &malformed),
    };
    let prepared = match edge.gateway.prepare(&parameters).await {
        Ok(prepared) => prepared,
        Err(rejection) => {
            // Over the older media type a request that is well-formed HTTP is answered by 200 whatever its document is.
            let status =
                if accept == Accept::Json && !rejection.malformed { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            return answer(accept, status, errors_response(&rejection.errors));
        }
    };
    if method == Method::GET && prepared.kind() == OperationKind::Mutation {
        return refuse(accept, &MalformedRequest::MethodNotAllowed);
    }
    let credential = Credential::from_headers(&headers);
    if prepared.kind() == OperationKind::Subscription {
        if accept != Accept::EventStream {
            let message = "Subscriptions are answered over WebSocket, or as `text/event-stream`.";
            return answer(
                accept,
                StatusCode::NOT_ACCEPTABLE,
                errors_response(&errors_list("NOT_ACCEPTABLE", message)),
            );
        }
        return sse::stream(edge, prepared, credential, client.origin).await;
    }
    let scope = match scope(&edge, credential, client).await {
        Ok(scope) => scope,
        Err(error) => return denied(accept, error),
    };
    let body = run(&edge, &prepared, scope).await;
    if accept == Accept::EventStream { sse::single(&body) } else { answer(accept, StatusCode::OK, body) }
}

/// Reads the parameters of a request, within the limit of the body's size.
async fn read(edge: &Edge, request: Request) -> Result<GraphQlParameters, MalformedRequest> {
    if request.method() == Method::GET {
        return GraphQlParameters::from_query_string(request.uri().query().unwrap_or_default());
    }
    let media_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Insisting on JSON also keeps other sites' forms out: a browser sends this type across sites only after asking.
    if !media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON)) {
        return Err(MalformedRequest::MediaType);
    }
    let limit = edge.limits.body_bytes;
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| MalformedRequest::TooLarge { limit })?;
    GraphQlParameters::from_json(&body)
}

async fn scope(edge: &Edge, credential: Option<Credential>, client: Client) -> Result<Scope, AuthenticationError> {
    let caller = match credential {
        Some(credential) => Some(edge.authenticator.authenticate(&credential, &client.origin).await?),
        None => None,
    };
    Ok(Scope { caller, origin: client.origin })
}

async fn run(edge: &Edge, prepared: &Prepared, scope: Scope) -> Bytes {
    match timeout(edge.limits.request_timeout, edge.gateway.execute(prepared, scope)).await {
        Ok(answer) => answer.body,
        Err(_) => errors_response(&errors_list("GATEWAY_TIMEOUT", "The operation took too long and was given up.")),
    }
}

/// The best media type that the client accepts; `None` when it accepts none of ours.
fn accepted(headers: &HeaderMap) -> Option<Accept> {
    let Some(value) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else {
        return Some(Accept::Json);
    };
    let mut best: Option<(f32, Accept)> = None;
    for range in value.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let kind = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
            GRAPHQL_RESPONSE => Accept::GraphQlResponse,
            JSON | "application/*" | "*/*" => Accept::Json,
            "text/event-stream" => Accept::EventStream,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        if weight > 0.0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
            best = Some((weight, kind));
        }
    }
    best.map(|(_, kind)| kind)
}

fn refuse(accept: Accept, malformed: &MalformedRequest) -> Response {
    let body = errors_response(&errors_list(malformed.code(), &malformed.to_string()));
    let mut response = answer(accept, malformed.status(), body);
    if *malformed == MalformedRequest::MethodNotAllowed {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

fn denied(accept: Accept, error: AuthenticationError) -> Response {
    let status = match error {
        AuthenticationError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNAUTHORIZED,
    };
    let mut response = answer(accept, status, errors_response(&errors_list(error.code(), &error.to_string())));
    // RFC 6750 §3.
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    response
}

fn answer(accept: Accept, status: StatusCode, body: Bytes) -> Response {
    let media_type = match accept {
        Accept::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        Accept::Json | Accept::EventStream => "application/json; charset=utf-8",
    };
    (status, [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")], Body::from(body))
        .into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn accept(value: &str) -> Option<Accept> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, value.parse().unwrap());
        accepted(&headers)
    }

    #[test]
    fn the_heaviest_media_type_wins_and_the_first_among_equals() {
        assert_eq!(accept("application/graphql-response+json, application/json;q=0.9"), Some(Accept::GraphQlResponse));
        assert_eq!(accept("application/json;q=0.5, application/graphql-response+json"), Some(Accept::GraphQlResponse));
        assert_eq!(accept("*/*"), Some(Accept::Json));
        assert_eq!(accept("text/event-stream"), Some(Accept::EventStream));
        assert_eq!(accept("text/html"), None);
        assert_eq!(accepted(&HeaderMap::new()), Some(Accept::Json));
    }
}
