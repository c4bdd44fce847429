//! Callers for whom others vouch, from the first request to the end of their streams.

use std::sync::Arc;
use std::time::Duration;

use cloudphone_router::authentication::foreign::{ApiKey, ForeignOptions};
use cloudphone_router::authentication::{CredentialPlaces, ForeignAuthenticator};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::issuer::{Issuer, SigningKey, authenticator, believing, now};
use crate::support::socket::Socket;
use crate::support::wire::{Events, Frame};
use crate::support::{PATIENCE, Platform, Settings, Transport, measured, subscribed};

const ADDED: &str = "subscription { noteAdded { text } }";

async fn platform(options: ForeignOptions) -> Platform {
    let authenticator = Arc::new(ForeignAuthenticator::start(options).unwrap());
    Platform::start_with(Settings { authenticator: Some(authenticator), ..Settings::new(Transport::InProcess) }).await
}

async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

fn hash(key: &str) -> String {
    format!("{:x}", Sha256::digest(key))
}

#[tokio::test]
async fn where_a_credential_is_needed_nobody_gets_by_without() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let platform = platform(ForeignOptions { required: true, ..believing(vec![issuer.options()]) }).await;
    let ask = || platform.post(&json!({ "query": "{ trail }" }));
    let refused = ask().send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["www-authenticate"]), (401, &"Bearer".parse().unwrap()));
    assert_eq!(refused.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(status(platform.post(&json!({ "query": ADDED })).header("accept", "text/event-stream")).await, 401);
    let mut socket = Socket::open(&platform).await;
    socket.initialise(None).await;
    assert_eq!(socket.closed().await, (4403, "Forbidden: UNAUTHENTICATED".to_owned()));

    let token = key.token("ann", &json!({}));
    assert_eq!(status(ask().bearer_auth(&token)).await, 200);
    assert_eq!(status(ask().bearer_auth("forged")).await, 401);
    let protocols = format!("graphql-transport-ws, bearer.{token}");
    let mut socket = Socket::try_open(&platform, &[("sec-websocket-protocol", &protocols)]).await.unwrap();
    socket.initialise(None).await;
    assert_eq!(socket.next().await["type"], "connection_ack", "browsers can set no other header");
}

#[tokio::test]
async fn without_keys_to_verify_by_clients_are_asked_to_come_back() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    issuer.go_away(true);
    let platform = platform(believing(vec![issuer.options()])).await;
    let token = key.token("ann", &json!({}));
    let response = platform.post(&json!({ "query": "{ trail }" })).bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(status(platform.post(&json!({ "query": "{ trail }" }))).await, 200, "nobody needs no keys");
}

#[tokio::test]
async fn a_cookie_carries_a_token_where_it_may() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let places = CredentialPlaces { cookie: Some("session".into()), ..CredentialPlaces::default() };
    let options = ForeignOptions { required: true, places, ..believing(vec![issuer.options()]) };
    let platform = platform(options).await;
    let cookie = format!("theme=dark; session={}", key.token("ann", &json!({})));
    assert_eq!(status(platform.post(&json!({ "query": "{ trail }" })).header("cookie", &cookie)).await, 200);
    assert_eq!(status(platform.post(&json!({ "query": "{ trail }" })).header("cookie", "session=x")).await, 401);
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let brief =
        cloudphone_router::authentication::foreign::IssuerOptions { leeway: Duration::ZERO, ..issuer.options() };
    let platform = platform(believing(vec![brief])).await;
    let token = key.token("ann", &json!({ "exp": now() + 3 }));
    let mut socket = Socket::session(&platform, Some(&token)).await;
    socket.subscribe("1", ADDED).await;
    let mut events = Events::of(platform.post(&json!({ "query": ADDED })).bearer_auth(&token)).await;
    assert_eq!(socket.closed().await, (4403, "Forbidden: TOKEN_EXPIRED".to_owned()));
    assert_eq!(events.next().await, Frame::End, "without `complete`, so that the client comes back with a fresh token");
    platform.notes.listened_to_by(0).await;
    assert_eq!(status(platform.post(&json!({ "query": "{ trail }" })).bearer_auth(&token)).await, 401);
}

#[tokio::test]
async fn a_connection_is_renewed_by_its_own_person_only() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let brief =
        cloudphone_router::authentication::foreign::IssuerOptions { leeway: Duration::ZERO, ..issuer.options() };
    let platform = platform(believing(vec![brief])).await;
    let first = key.token("ann", &json!({ "exp": now() + 4 }));
    let mut socket = Socket::session(&platform, Some(&first)).await;
    socket.subscribe("1", ADDED).await;
    platform.notes.listened_to_by(1).await;
    let renew = async |socket: &mut Socket, token: &str| {
        socket.send(&json!({ "type": "ping", "payload": { "authorization": format!("Bearer {token}") } })).await;
    };
    renew(&mut socket, &key.token("ann", &json!({ "exp": now() + 600 }))).await;
    assert_eq!(socket.next().await, json!({ "type": "pong" }));
    assert!(socket.is_quiet_for(Duration::from_secs(5)).await, "the first token's end is passed in silence");
    platform.notes.announce("later", "1");
    assert_eq!(socket.next().await["payload"]["data"]["noteAdded"]["text"], "later");

    renew(&mut socket, &key.token("bob", &json!({}))).await;
    assert_eq!(socket.closed().await, (4403, "Forbidden: UNAUTHENTICATED".to_owned()));
}

#[tokio::test]
async fn a_key_that_is_withdrawn_ends_the_streams_of_its_tokens() {
    let (old, new) = (SigningKey::ed25519("old"), SigningKey::ed25519("new"));
    let issuer = Issuer::publish(&[&old, &new]).await;
    let often = cloudphone_router::authentication::foreign::IssuerOptions {
        refresh_every: Duration::from_secs(1),
        ..issuer.options()
    };
    let platform = platform(believing(vec![often])).await;
    let mut ends = Socket::session(&platform, Some(&old.token("ann", &json!({})))).await;
    let mut stays = Socket::session(&platform, Some(&new.token("bob", &json!({})))).await;
    ends.subscribe("1", ADDED).await;
    stays.subscribe("1", ADDED).await;
    platform.notes.listened_to_by(2).await;
    issuer.change(&[&new]);
    assert_eq!(ends.closed().await, (4403, "Forbidden: UNAUTHENTICATED".to_owned()));
    platform.notes.listened_to_by(1).await;
    platform.notes.announce("still", "1");
    assert_eq!(stays.next().await["payload"]["data"]["noteAdded"]["text"], "still");
}

#[tokio::test]
async fn streams_are_shared_by_those_who_are_the_same_to_subgraphs() {
    let key = SigningKey::ed25519("one");
    let issuer = Issuer::publish(&[&key]).await;
    let settings = Settings { authenticator: Some(issuer.authenticator()), ..Settings::new(Transport::InProcess) };
    let platform = Platform::start_with(settings).await;
    let upstreams = || measured("cloudphone_graphql_subscription_upstreams");
    let mut sockets = Vec::new();
    for (subject, more, expected) in [
        ("ann", json!({ "exp": now() + 50 }), 1.0),
        ("ann", json!({ "exp": now() + 55 }), 1.0),
        ("ann", json!({ "scope": "more" }), 2.0),
        ("bob", json!({}), 3.0),
    ] {
        let mut socket = Socket::session(&platform, Some(&key.token(subject, &more))).await;
        socket.subscribe("1", ADDED).await;
        sockets.push(socket);
        subscribed(u32::try_from(sockets.len()).unwrap()).await;
        assert!((upstreams() - expected).abs() < 0.5, "{subject} {more}: {}", upstreams());
    }
}

#[tokio::test]
async fn keys_of_the_operators_own_are_known_by_their_hashes() {
    let folder = std::env::temp_dir().join(format!("api-keys-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("keys.json");
    let entry = |name: &str, key: &str| json!({ "name": name, "sha256": hash(key), "scopes": ["books:read"] });
    std::fs::write(&file, json!([entry("batch", "a-key-of-the-file")]).to_string()).unwrap();
    let fixed = |name: &str, key: &str, expires_at| ApiKey {
        name: name.into(),
        sha256: hash(key),
        scopes: ["books:read".to_owned()].into(),
        policies: std::collections::BTreeSet::new(),
        tier: Some("gold".into()),
        expires_at,
    };
    let ended = chrono::Utc::now() - chrono::Duration::seconds(1);
    let options = ForeignOptions {
        api_keys: vec![fixed("shop", "a-key-of-the-shop", None), fixed("gone", "a-key-of-the-past", Some(ended))],
        api_key_file: Some(file.clone()),
        required: true,
        ..believing(Vec::new())
    };
    let platform = platform(options).await;
    let ask = || platform.post(&json!({ "query": "{ trail }" }));
    assert_eq!(status(ask().header("x-api-key", "a-key-of-the-shop")).await, 200);
    assert_eq!(status(ask().bearer_auth("a-key-of-the-file")).await, 200);
    for wrong in ["a-key-of-nobody", "a-key-of-the-past", "", &hash("a-key-of-the-shop")] {
        assert_eq!(status(ask().header("x-api-key", wrong)).await, 401, "{wrong}");
    }

    let mut socket = Socket::session(&platform, Some("a-key-of-the-file")).await;
    socket.subscribe("1", ADDED).await;
    platform.notes.listened_to_by(1).await;
    std::fs::write(&file, json!([entry("batch", "another-key")]).to_string()).unwrap();
    assert_eq!(socket.closed().await.0, 4403, "a key that is taken off the list ends its streams");
    assert_eq!(status(ask().bearer_auth("a-key-of-the-file")).await, 401);
    assert_eq!(status(ask().bearer_auth("another-key")).await, 200);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn what_is_verified_is_not_verified_again() {
    let key = SigningKey::rsa("one");
    let issuer = Issuer::publish(&[&key]).await;
    let settings =
        Settings { authenticator: Some(authenticator(vec![issuer.options()])), ..Settings::new(Transport::InProcess) };
    let platform = Platform::start_with(settings).await;
    let token = key.token("ann", &json!({}));
    let began = std::time::Instant::now();
    for _ in 0..50 {
        assert_eq!(status(platform.post(&json!({ "query": "{ trail }" })).bearer_auth(&token)).await, 200);
    }
    assert!(began.elapsed() < PATIENCE);
    assert!((measured("cloudphone_authentication_total") - 50.0).abs() < 0.5);
    assert_eq!(issuer.asked(), 1);
}
