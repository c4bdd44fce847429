//! An identity service in another process that fails: it is asked again, spared for a while, and never failed by strangers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use cloudphone_cache::Engine;
use cloudphone_core::{Caller, Origin, TenantId};
use cloudphone_router::authentication::{
    AuthenticationError, Authenticator as _, Credential, Principal, RemoteAuthenticator,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::support::{PATIENCE, secret};

/// What the identity service does, and how often it was asked.
#[derive(Default)]
struct Identity {
    /// How many of the next questions it does not answer as it should.
    failures: AtomicUsize,
    /// The status of these.
    status: AtomicU16,
    asked: AtomicUsize,
}

async fn answer(State(identity): State<Arc<Identity>>, Json(question): Json<Value>) -> Response {
    identity.asked.fetch_add(1, Ordering::SeqCst);
    let failing = identity.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if failing.is_ok() {
        return StatusCode::from_u16(identity.status.load(Ordering::SeqCst)).unwrap().into_response();
    }
    if !question["credential"].as_str().unwrap().starts_with("known") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({ "caller": Caller::service("known", TenantId::new()) })).into_response()
}

impl Identity {
    async fn start() -> (Arc<Self>, RemoteAuthenticator) {
        let identity = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/internal/authenticate", post(answer)).with_state(Arc::clone(&identity));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let authenticator = RemoteAuthenticator::connect(&url, secret(), &Engine::in_process()).await.unwrap();
        (identity, authenticator)
    }

    fn fail(&self, times: usize, status: StatusCode) {
        self.status.store(status.as_u16(), Ordering::SeqCst);
        self.failures.store(times, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn ask(authenticator: &RemoteAuthenticator, token: &str) -> Result<Option<Principal>, AuthenticationError> {
    authenticator.authenticate(&Credential::Token(token.to_owned()), &Origin::internal()).await
}

#[tokio::test]
async fn identity_is_asked_again_when_it_fails_for_a_moment() {
    let (identity, authenticator) = Identity::start().await;
    identity.fail(2, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ask(&authenticator, "known").await.unwrap().is_some());
    assert_eq!(identity.asked(), 3);
    // What it says is believed for a while, and that it knows nobody is an answer as well.
    assert!(ask(&authenticator, "known").await.unwrap().is_some());
    assert_eq!(ask(&authenticator, "stranger").await.unwrap_err(), AuthenticationError::Invalid);
    assert_eq!(identity.asked(), 4);
}

#[tokio::test]
async fn an_identity_that_keeps_failing_is_spared_and_taken_up_again() {
    let (identity, authenticator) = Identity::start().await;
    identity.fail(usize::MAX, StatusCode::INTERNAL_SERVER_ERROR);
    let spared = async {
        for attempt in 0.. {
            let before = identity.asked();
            let began = Instant::now();
            let answer = ask(&authenticator, &format!("known-{attempt}")).await;
            assert_eq!(answer.unwrap_err(), AuthenticationError::Unavailable);
            if identity.asked() == before {
                return began.elapsed();
            }
        }
        unreachable!("the loop ends by being spared")
    };
    let refused_after = tokio::time::timeout(PATIENCE, spared).await.unwrap();
    assert!(refused_after < Duration::from_millis(100), "{refused_after:?}");
    assert!(identity.asked() <= 12, "asked {} times", identity.asked());

    identity.fail(0, StatusCode::OK);
    let back = async {
        while ask(&authenticator, "known").await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.unwrap();
}

#[tokio::test]
async fn strangers_do_not_shut_others_out() {
    let (identity, authenticator) = Identity::start().await;
    for number in 0..30 {
        let answer = ask(&authenticator, &format!("stranger-{number}")).await;
        assert_eq!(answer.unwrap_err(), AuthenticationError::Invalid);
    }
    assert!(ask(&authenticator, "known").await.unwrap().is_some());
    assert_eq!(identity.asked(), 31);
}
