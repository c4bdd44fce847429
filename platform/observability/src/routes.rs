//! `/health…` and `/metrics`, the same in every process.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::{MetricsPage, Registry, Status};

#[derive(Clone)]
struct Pages {
    registry: Registry,
    metrics: MetricsPage,
}

/// The routes that orchestrators, load balancers and Prometheus ask.
pub fn routes(registry: Registry, metrics: MetricsPage) -> Router {
    Router::new()
        .route("/health", get(summary))
        .route("/health/liveness", get(liveness))
        .route("/health/readiness", get(readiness))
        .route("/health/detailed", get(detailed))
        .route("/metrics", get(metrics_page))
        .with_state(Pages { registry, metrics })
}

async fn summary(State(pages): State<Pages>) -> Response {
    let status = pages.registry.report().await.status;
    (code(status), Json(json!({ "status": status }))).into_response()
}

/// The process runs; nothing else is asked, so that a lost engine does not get it restarted.
async fn liveness() -> Json<serde_json::Value> {
    Json(json!({ "status": Status::Up }))
}

async fn readiness(State(pages): State<Pages>) -> Response {
    if pages.registry.is_leaving() {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "leaving": true }))).into_response();
    }
    let status = pages.registry.report().await.status;
    (code(status), Json(json!({ "ready": status != Status::Down }))).into_response()
}

async fn detailed(State(pages): State<Pages>) -> Response {
    let report = pages.registry.report().await;
    (code(report.status), Json(report)).into_response()
}

async fn metrics_page(State(pages): State<Pages>) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, pages.metrics.render()).into_response()
}

fn code(status: Status) -> StatusCode {
    if status == Status::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}
