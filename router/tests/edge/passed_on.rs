//! What a subgraph of others learns of a caller.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use cloudphone_composition::{Subgraph as Part, compose};
use cloudphone_execution::{Executor, ServiceOptions};
use cloudphone_planning::PlannerOptions;
use cloudphone_router::authentication::foreign::{ForeignAuthenticator, ForeignOptions};
use cloudphone_router::authentication::{PassOn, SignedIdentity, SigningKey as RouterKey};
use cloudphone_router::gateway::{Gateway, masked_errors};
use cloudphone_router::live::Live;
use cloudphone_router::pipeline::Stages;
use cloudphone_router::protection::{CrossSite, Limits};
use cloudphone_router::server::{Edge, Pages, routes};
use cloudphone_router::subgraphs::{SubscriptionOptions, foreign};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::issuer::{Issuer, SigningKey, believing};

const SECRET: &str = "a-secret-between-router-and-subgraphs";

/// A router before one subgraph that answers with the headers that it got.
struct Mirror {
    address: SocketAddr,
    _servers: JoinSet<()>,
}

async fn reflect(headers: HeaderMap) -> Json<Value> {
    let mut seen = Map::new();
    for (name, value) in &headers {
        seen.insert(name.to_string(), String::from_utf8_lossy(value.as_bytes()).into());
    }
    Json(json!({ "data": { "headers": Value::Object(seen).to_string() } }))
}

impl Mirror {
    async fn start(issuer: &Issuer, pass_on: PassOn) -> Self {
        let mut servers = JoinSet::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let subgraph = listener.local_addr().unwrap();
        let app = Router::new().route("/graphql", post(reflect));
        servers.spawn(async move { axum::serve(listener, app).await.unwrap() });

        let url = format!("http://{subgraph}/graphql");
        let sdl = "type Query { headers: String }".to_owned();
        let supergraph = compose(&[Part { name: "mirror".into(), url: url.clone(), sdl }]).unwrap().supergraph_sdl;
        let options = ForeignOptions {
            passed_on: pass_on.claim_names(),
            keep_credential: pass_on.credential,
            ..believing(vec![issuer.options()])
        };
        let timeout = Duration::from_secs(20);
        let service =
            foreign(&url.parse().unwrap(), timeout, &SubscriptionOptions::default(), Arc::new(pass_on)).unwrap();
        let executor = Executor::builder()
            .error_filter(masked_errors())
            .service("mirror", service, ServiceOptions::default())
            .build();
        let edge = Edge {
            gateway: Gateway::new(&supergraph, executor, PlannerOptions::default(), timeout).unwrap(),
            authenticator: Arc::new(ForeignAuthenticator::start(options).unwrap()),
            stages: Stages::default(),
            limits: Limits::default(),
            cross_site: CrossSite::new(&[]),
            connections: Arc::new(Semaphore::new(10)),
            draining: CancellationToken::new(),
        };
        let pages = Pages::default();
        let live = Live::new(edge.gateway.clone());
        let app = routes(edge, &live, &pages, Router::new()).into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        servers.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, _servers: servers }
    }

    /// The headers that the subgraph sees.
    async fn seen(&self, token: Option<&str>) -> Value {
        let request = reqwest::Client::new().post(format!("http://{}/graphql", self.address));
        let request = request.json(&json!({ "query": "{ headers }" }));
        // A client that says who it is without proof.
        let request = request.header("x-user", "somebody-else").header("x-router-identity", "forged");
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        serde_json::from_str(answer["data"]["headers"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap()
    }
}

#[tokio::test]
async fn subgraphs_learn_nothing_unless_they_are_told() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let mirror = Mirror::start(&issuer, PassOn::default()).await;
    let seen = mirror.seen(Some(&key.token("ann", &json!({})))).await;
    for name in ["authorization", "x-user", "x-router-identity"] {
        assert_eq!(seen[name], Value::Null);
    }
}

#[tokio::test]
async fn claims_are_passed_on_as_headers_and_nobody_can_make_them_up() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let claims = [("x-user", "sub"), ("x-groups", "groups"), ("x-organisation", "org.id"), ("x-odd", "odd")];
    let claims = claims.map(|(name, claim)| (name.parse().unwrap(), claim.to_owned())).to_vec();
    let mirror = Mirror::start(&issuer, PassOn { claims, ..PassOn::default() }).await;
    let more = json!({ "groups": ["a", "b"], "org": { "id": 7 }, "odd": "line\r\nx-admin: yes" });
    let seen = mirror.seen(Some(&key.token("ann", &more))).await;
    assert_eq!(
        (&seen["x-user"], &seen["x-groups"], &seen["x-organisation"]),
        (&json!("ann"), &json!("a,b"), &json!("7"))
    );
    assert_eq!((&seen["x-odd"], &seen["x-admin"], &seen["authorization"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!(mirror.seen(None).await["x-user"], Value::Null);
}

#[tokio::test]
async fn the_credential_itself_is_passed_on_where_that_is_wanted() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let mirror = Mirror::start(&issuer, PassOn { credential: true, ..PassOn::default() }).await;
    let token = key.token("ann", &json!({}));
    assert_eq!(mirror.seen(Some(&token)).await["authorization"], format!("Bearer {token}"));
    assert_eq!(mirror.seen(None).await["authorization"], Value::Null);
}

#[tokio::test]
async fn the_router_vouches_for_callers_by_a_token_of_seconds_life() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let signed = SignedIdentity {
        header: "x-router-identity".parse().unwrap(),
        key: RouterKey::from_secret(SECRET).unwrap(),
        issuer: "router".into(),
        lifetime_seconds: 30,
        claims: vec!["org.id".into(), "iss".into()],
    };
    let mirror = Mirror::start(&issuer, PassOn { signed: Some(signed), ..PassOn::default() }).await;
    let more = json!({ "scope": "b a", "org": { "id": 7 }, "secret": "not for subgraphs" });
    let seen = mirror.seen(Some(&key.token("ann", &more))).await;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&["mirror"]);
    validation.set_issuer(&["router"]);
    let token = seen["x-router-identity"].as_str().unwrap();
    let told = decode::<Value>(token, &DecodingKey::from_secret(SECRET.as_bytes()), &validation).unwrap().claims;
    assert_eq!((&told["sub"], &told["scope"], &told["org.id"]), (&json!("ann"), &json!("a b"), &json!(7)));
    assert_eq!((&told["idp"], &told["secret"]), (&json!("example"), &Value::Null));
    assert_eq!(told["exp"].as_i64().unwrap() - told["iat"].as_i64().unwrap(), 30);
    assert_eq!(mirror.seen(None).await["x-router-identity"], Value::Null, "nobody is vouched for");
}
