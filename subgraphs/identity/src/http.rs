//! The domain's routes besides its graph: the key set for verifiers, and authentication for a router in another process.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use cloudphone_core::Origin;
use cloudphone_graphql::identity_token::{self, InternalSecret};
use serde::Deserialize;
use serde_json::json;

use crate::authentication::{AuthenticationError, Authenticator};
use crate::domain::IdentityDomain;

/// For whom the token that opens `/internal/authenticate` is made out.
pub const AUDIENCE: &str = "identity";

#[derive(Clone)]
struct Doors {
    domain: Arc<IdentityDomain>,
    authenticator: Authenticator,
    secret: InternalSecret,
}

/// `GET /.well-known/jwks.json` for everybody; `POST /internal/authenticate` for holders of the internal secret, who show an
/// identity token made out to identity.
pub(crate) fn routes(domain: Arc<IdentityDomain>, authenticator: Authenticator, secret: InternalSecret) -> Router {
    Router::new()
        .route("/.well-known/jwks.json", get(key_set))
        .route("/internal/authenticate", post(authenticate))
        .with_state(Doors { domain, authenticator, secret })
}

async fn key_set(State(doors): State<Doors>) -> Response {
    // Keys are published ten minutes before they sign, so a minute in a cache is safe.
    ([(header::CACHE_CONTROL, "public, max-age=60")], Json(doors.domain.keys.json_web_key_set())).into_response()
}

/// A credential as a router received it.
#[derive(Deserialize)]
struct Question {
    credential: String,
    origin: Origin,
}

async fn authenticate(State(doors): State<Doors>, headers: HeaderMap, Json(question): Json<Question>) -> Response {
    let token = headers.get(identity_token::HEADER).and_then(|value| value.to_str().ok());
    if token.is_none_or(|token| identity_token::verify(token, AUDIENCE, &doors.secret).is_err()) {
        return refusal(StatusCode::FORBIDDEN, "UNTRUSTED_CALLER");
    }
    match doors.authenticator.authenticate(&question.credential, question.origin).await {
        Ok(caller) => Json(json!({ "caller": caller })).into_response(),
        Err(AuthenticationError::Invalid) => refusal(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
        Err(error @ AuthenticationError::Unavailable(_)) => {
            tracing::warn!(%error, "a credential could not be checked");
            refusal(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")
        }
    }
}

fn refusal(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "code": code }))).into_response()
}
