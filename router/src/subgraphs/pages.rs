//! What operators see of the calls to subgraphs, and the circuit breakers that they may set by hand.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cloudphone_core::Permission;
use cloudphone_traffic::Traffic;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use crate::authentication::{Authenticator, CredentialPlaces, Principal};
use crate::origin::Client;

/// Lets a caller set circuit breakers by hand.
const OPERATE: Permission = Permission::new("router:operate");

/// Who may set circuit breakers by hand; by default nobody.
#[derive(Clone, Default)]
pub struct Operator {
    /// Whoever shows this bearer token.
    pub token: Option<String>,
    /// Whoever holds the permission `router:operate`.
    pub authenticator: Option<Arc<dyn Authenticator>>,
}

#[derive(Clone)]
struct Pages {
    traffic: Traffic,
    operator: Operator,
}

/// `/health/circuit-breakers` and `/health/pool`.
pub fn pages(traffic: Traffic, operator: Operator) -> Router {
    Router::new()
        .route("/health/circuit-breakers", get(breakers))
        .route("/health/circuit-breakers/{subgraph}/{action}", post(set))
        .route("/health/pool", get(pool))
        .with_state(Pages { traffic, operator })
}

async fn breakers(State(pages): State<Pages>) -> Response {
    Json(json!({ "subgraphs": pages.traffic.breakers() })).into_response()
}

async fn pool(State(pages): State<Pages>) -> Response {
    Json(json!({ "subgraphs": pages.traffic.pools() })).into_response()
}

async fn set(
    State(pages): State<Pages>,
    client: Client,
    headers: HeaderMap,
    Path((name, action)): Path<(String, String)>,
) -> Response {
    if !pages.operator.admits(&headers, &client).await {
        return (StatusCode::FORBIDDEN, Json(json!({ "error": "Only operators set circuit breakers." })))
            .into_response();
    }
    let Some(subgraph) = pages.traffic.find(&name) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "No subgraph of this name is called over a network." })))
            .into_response();
    };
    match action.as_str() {
        "reset" => subgraph.reset_breaker(),
        "force-open" => subgraph.force_breaker_open(),
        _ => {
            let message = "Say `reset` or `force-open`.";
            return (StatusCode::NOT_FOUND, Json(json!({ "error": message }))).into_response();
        }
    }
    Json(subgraph.breaker()).into_response()
}

impl Operator {
    async fn admits(&self, headers: &HeaderMap, client: &Client) -> bool {
        let Some(credential) = CredentialPlaces::usual().in_headers(headers) else { return false };
        let shown = credential.reveal().as_bytes();
        if self.token.as_ref().is_some_and(|token| bool::from(token.as_bytes().ct_eq(shown))) {
            return true;
        }
        let Some(authenticator) = &self.authenticator else { return false };
        let caller = authenticator.authenticate(&credential, &client.origin).await;
        matches!(caller, Ok(Some(Principal::Platform(caller))) if caller.may(&OPERATE))
    }
}
