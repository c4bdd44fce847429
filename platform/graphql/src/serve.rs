//! A subgraph over HTTP and graphql-transport-ws, for the form in which it runs in a process of its own.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::http::ALL_WEBSOCKET_PROTOCOLS;
use async_graphql::{Data, Executor, Request, Response, ServerError};
use async_graphql_axum::{GraphQLProtocol, GraphQLRequest, GraphQLResponse, GraphQLWebSocket};
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response as HttpResponse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::stream::BoxStream;
use serde_json::{Value, json};

use crate::identity_token::{self, InternalSecret};
use crate::{RequestScope, Subgraph};

/// Silence after which a WebSocket of the router counts as lost.
const KEEPALIVE: Duration = Duration::from_mins(1);

#[derive(Clone)]
struct Service {
    subgraph: Subgraph,
    secret: Arc<InternalSecret>,
}

/// Routes that serve the subgraph at `/graphql` and `/graphql/ws` to a router that knows the internal secret.
pub fn serve(subgraph: Subgraph, secret: InternalSecret) -> Router {
    Router::new()
        .route("/graphql", post(execute))
        .route("/graphql/ws", get(upgrade))
        .with_state(Service { subgraph, secret: Arc::new(secret) })
}

impl Service {
    fn scope(&self, headers: &HeaderMap) -> Option<RequestScope> {
        let token = headers.get(identity_token::HEADER)?.to_str().ok()?;
        self.scope_of_token(token)
    }

    fn scope_of_token(&self, token: &str) -> Option<RequestScope> {
        identity_token::verify(token, self.subgraph.name(), &self.secret)
            .inspect_err(|error| tracing::warn!(%error, subgraph = self.subgraph.name(), "identity token refused"))
            .ok()
    }
}

async fn execute(State(service): State<Service>, headers: HeaderMap, request: GraphQLRequest) -> HttpResponse {
    match service.scope(&headers) {
        Some(scope) => {
            GraphQLResponse::from(service.subgraph.execute(request.into_inner(), scope).await).into_response()
        }
        None => refused(),
    }
}

fn refused() -> HttpResponse {
    let message = "This subgraph answers only the platform's router.";
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": "UNTRUSTED_CALLER" } }] });
    (StatusCode::UNAUTHORIZED, Json(body)).into_response()
}

async fn upgrade(
    State(service): State<Service>,
    headers: HeaderMap,
    protocol: GraphQLProtocol,
    upgrade: WebSocketUpgrade,
) -> HttpResponse {
    let from_header = service.scope(&headers);
    upgrade
        .protocols(ALL_WEBSOCKET_PROTOCOLS)
        .on_upgrade(async move |socket| {
            let executor = Scoped(service.subgraph.clone());
            GraphQLWebSocket::new(socket, executor, protocol)
                .keepalive_timeout(KEEPALIVE)
                .on_connection_init(async move |payload| connection_scope(&service, from_header, &payload))
                .serve()
                .await;
        })
        .into_response()
}

/// The scope of a connection: from the upgrade's header, or from `connection_init` for routers that pool connections.
fn connection_scope(
    service: &Service,
    from_header: Option<RequestScope>,
    payload: &Value,
) -> async_graphql::Result<Data> {
    let from_payload = || payload.get(identity_token::HEADER)?.as_str().and_then(|token| service.scope_of_token(token));
    let scope = from_header.or_else(from_payload).ok_or("This subgraph answers only the platform's router.")?;
    let mut data = Data::default();
    data.insert(scope);
    Ok(data)
}

/// Executes with the scope that the connection was opened with.
#[derive(Clone)]
struct Scoped(Subgraph);

impl Executor for Scoped {
    async fn execute(&self, request: Request) -> Response {
        if let Some(scope) = scope_of(&request.data) { self.0.execute(request, scope).await } else { unscoped() }
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        if let Some(scope) = session.as_deref().and_then(scope_of) {
            self.0.subscribe(request, scope)
        } else {
            Box::pin(futures::stream::once(async { unscoped() }))
        }
    }
}

fn unscoped() -> Response {
    Response::from_errors(vec![ServerError::new("The connection has no identity.", None)])
}

fn scope_of(data: &Data) -> Option<RequestScope> {
    data.get(&std::any::TypeId::of::<RequestScope>())?.downcast_ref::<RequestScope>().cloned()
}
