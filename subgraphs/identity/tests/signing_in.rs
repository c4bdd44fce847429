//! Registering, signing in and out, and what strangers can learn by trying.
#![allow(clippy::unwrap_used)]

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use cloudphone_graphql::{RequestScope, identity_token};
use cloudphone_identity::{AUDIENCE, Settings};
use http_body_util::BodyExt;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use support::{PASSWORD, SECRET, World, codes, origin, signed_in};
use tower::ServiceExt;

const ME: &str = "{ me { user { id email displayName status roles { name builtIn } } tenant { name slug status }
    permissions session { address userAgent current } } }";

#[tokio::test]
async fn a_founder_opens_an_organisation_and_governs_it() {
    let world = World::start().await;
    let founder = world.register("Acme Phones").await;

    let me = world.ask_as(&founder.access, ME, json!({})).await["data"]["me"].clone();
    assert_eq!(me["user"]["id"], founder.user_id.as_str());
    assert_eq!(me["user"]["email"], "founder@acme-phones.example.com");
    assert_eq!(me["user"]["status"], "ACTIVE");
    assert_eq!(me["user"]["roles"], json!([{ "name": "Tenant Admin", "builtIn": true }]));
    assert_eq!(me["tenant"]["name"], "Acme Phones");
    assert!(me["tenant"]["slug"].as_str().unwrap().starts_with("acme-phones-"));
    assert_eq!(me["session"], json!({ "address": "192.0.2.1", "userAgent": "console", "current": true }));
    let permissions: Vec<_> = me["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert!(permissions.contains(&"device:operate") && !permissions.contains(&"tenant:write"));

    assert_eq!(world.ask(ME, json!({})).await["data"]["me"], Value::Null);
    assert_eq!(world.events("identity.tenant.created").await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn signing_out_ends_both_tokens_at_once() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let session = world.login(&founder.email.to_uppercase()).await;
    assert!(world.authenticate(&session.access).await.is_ok());

    let answer = world.ask_as(&session.access, "mutation { logout { userErrors { code } } }", json!({})).await;
    assert_eq!(answer["data"]["logout"]["userErrors"], json!([]));
    assert!(world.authenticate(&session.access).await.is_err());
    assert_eq!(codes(&world.refresh(&session.refresh).await), ["INVALID_REFRESH_TOKEN"]);
    assert!(world.authenticate(&founder.access).await.is_ok(), "the other session goes on");
    world.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_answer_alike() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let wrong = world.try_login(origin(), &founder.email, "Wrong-Horse-1").await;
    let unknown = world.try_login(origin(), "nobody@acme.example.com", "Wrong-Horse-1").await;
    assert_eq!(codes(&wrong), ["INVALID_CREDENTIALS"]);
    assert_eq!(wrong, unknown);
    world.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_registration_is_told_with_its_field() {
    let world = World::start().await;
    let query = "mutation($input: RegisterInput!) { register(input: $input) { session { accessToken } userErrors { code path } } }";
    let bad =
        json!({ "input": { "email": "nobody", "password": "short", "displayName": " ", "organisationName": "A" } });
    let payload = world.ask(query, bad).await["data"]["register"].clone();
    let mut paths: Vec<_> =
        payload["userErrors"].as_array().unwrap().iter().map(|e| e["path"][0].as_str().unwrap()).collect();
    paths.dedup();
    assert_eq!(paths, ["organisationName", "email", "displayName", "password"]);
    assert_eq!(payload["session"], Value::Null);

    let founder = world.register("Acme").await;
    let again = json!({ "input": {
        "email": founder.email.to_uppercase(), "password": PASSWORD, "displayName": "F", "organisationName": "Other",
    } });
    assert_eq!(codes(&world.ask(query, again).await["data"]["register"]), ["EMAIL_TAKEN"]);
    assert_eq!(world.events("identity.tenant.created").await.len(), 1, "nothing of the refused one remains");
    world.stop().await;
}

#[tokio::test]
async fn registration_can_be_closed() {
    let world = World::with(Settings { registration_open: false, ..Settings::default() }).await;
    let query = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code } } }";
    let input = json!({ "email": "a@b.example", "password": PASSWORD, "displayName": "A", "organisationName": "Acme" });
    let answer = world.ask(query, json!({ "input": input })).await;
    assert_eq!(codes(&answer["data"]["register"]), ["REGISTRATION_CLOSED"]);
    world.stop().await;
}

#[tokio::test]
async fn another_process_verifies_tokens_by_the_published_keys() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let request = Request::get("/.well-known/jwks.json").body(Body::empty()).unwrap();
    let response = world.identity.routes.clone().oneshot(request).await.unwrap();
    let keys: JwkSet = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();

    let key = keys.find(&decode_header(&founder.access).unwrap().kid.unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["cloudphone"]);
    validation.set_issuer(&["cloudphone"]);
    let claims = decode::<Value>(&founder.access, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims;
    assert_eq!(claims["sub"], founder.user_id.as_str());
    for claim in ["tid", "sid", "exp", "iat", "jti"] {
        assert!(!claims[claim].is_null(), "{claim}");
    }
    world.stop().await;
}

#[tokio::test]
async fn only_the_platforms_parts_may_ask_who_a_credential_is() {
    let world = World::start().await;
    let founder = world.register("Acme").await;
    let secret = |text: &str| identity_token::InternalSecret::new(text).unwrap();
    let ask = async |audience: &str, secret: identity_token::InternalSecret, credential: &str| {
        let token = identity_token::sign(&RequestScope::anonymous(origin()), audience, &secret).unwrap();
        let request = Request::post("/internal/authenticate")
            .header("content-type", "application/json")
            .header(identity_token::HEADER, token)
            .body(Body::from(json!({ "credential": credential, "origin": origin() }).to_string()))
            .unwrap();
        let response = world.identity.routes.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        (status, body)
    };
    let (status, body) = ask(AUDIENCE, secret(SECRET), &founder.access).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["caller"]["subject"]["user_id"], founder.user_id.as_str());
    assert_eq!(ask(AUDIENCE, secret(SECRET), "forged").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(AUDIENCE, secret(&"x".repeat(32)), &founder.access).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask("devices", secret(SECRET), &founder.access).await.0, StatusCode::FORBIDDEN);
    world.stop().await;
}

#[tokio::test]
async fn the_demo_is_seeded_once_and_its_accounts_can_sign_in() {
    let world = World::start().await;
    let demo = world.identity.seed_demo().await.unwrap();
    assert_eq!(world.identity.seed_demo().await.unwrap(), demo);
    for account in cloudphone_identity::DEMO_ACCOUNTS {
        let payload = world.try_login(origin(), account.email, cloudphone_identity::DEMO_PASSWORD).await;
        let session = signed_in(&payload, account.email);
        assert_eq!(world.authenticate(&session.access).await.unwrap().tenant_id, demo.tenant_id);
    }
    world.stop().await;
}
