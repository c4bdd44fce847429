//! Documents that clients name instead of sending them.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cloudphone_cache::Engine;
use cloudphone_router::documents::{AutomaticDocuments, Documents, Trust, TrustedDocuments};
use cloudphone_testkit::RedisServer;
use reqwest::Response;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::support::socket::Socket;
use crate::support::{PATIENCE, Platform, Settings, Transport, replica};

const NAMES: &str = "{ accounts { name } }";

fn hash(document: &str) -> String {
    hex::encode(Sha256::digest(document))
}

fn by_hash(hash: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })
}

fn with_text(hash: &str, document: &str) -> Value {
    let mut body = by_hash(hash);
    body["query"] = document.into();
    body
}

async fn automatic(shared: Option<Engine>) -> Platform {
    let documents = AutomaticDocuments::new(1024 * 1024, shared, Duration::from_mins(1));
    let settings = Settings::new(Transport::InProcess);
    Platform::start_with(settings.stages(|stages| {
        stages.documents = Arc::new(Documents { automatic: Some(documents), ..Documents::default() });
    }))
    .await
}

async fn code(response: Response) -> Value {
    response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn a_document_is_sent_once_and_named_from_then_on() {
    let platform = automatic(None).await;
    let hash = hash(NAMES);
    let unknown = platform.post(&by_hash(&hash)).send().await.unwrap();
    assert_eq!(unknown.status(), 200, "clients take another status for a failure");
    assert!(unknown.headers()["cache-control"].to_str().unwrap().contains("no-cache"));
    let answer: Value = unknown.json().await.unwrap();
    assert_eq!(answer["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");

    let told = platform.post(&with_text(&hash, NAMES)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(told["data"]["accounts"][0]["name"], "ada");
    let named = platform.post(&by_hash(&hash)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(named, told);

    let mut url: url::Url = platform.url().parse().unwrap();
    url.query_pairs_mut().append_pair("extensions", &by_hash(&hash)["extensions"].to_string());
    assert_eq!(reqwest::get(url).await.unwrap().json::<Value>().await.unwrap(), told);

    let mut socket = Socket::session(&platform, None).await;
    socket.send(&json!({ "type": "subscribe", "id": "1", "payload": by_hash(&hash) })).await;
    assert_eq!(socket.next().await["payload"], told);
}

#[tokio::test]
async fn a_hash_stands_for_its_own_document_only() {
    let platform = automatic(None).await;
    let hash = hash(NAMES);
    let forged = platform.post(&with_text(&hash, "{ trail }")).send().await.unwrap();
    assert_eq!(forged.status(), 400);
    assert_eq!(code(forged).await, "PERSISTED_QUERY_HASH_MISMATCH");
    assert_eq!(code(platform.post(&by_hash(&hash)).send().await.unwrap()).await, "PERSISTED_QUERY_NOT_FOUND");

    // What does not fit the schema is not kept either.
    let wrong = "{ noSuchField }";
    let hash = self::hash(wrong);
    assert_eq!(code(platform.post(&with_text(&hash, wrong)).send().await.unwrap()).await, "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(code(platform.post(&by_hash(&hash)).send().await.unwrap()).await, "PERSISTED_QUERY_NOT_FOUND");

    let other = json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": hash } } });
    assert_eq!(platform.post(&other).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_persisted_mutation_cannot_come_by_get() {
    let platform = automatic(None).await;
    let document = "mutation { rename(id: 1, name: \"eve\") { id } }";
    let told = platform.post(&with_text(&hash(document), document)).send().await.unwrap();
    assert_eq!(told.status(), 200);
    let mut url: url::Url = platform.url().parse().unwrap();
    url.query_pairs_mut().append_pair("extensions", &by_hash(&hash(document))["extensions"].to_string());
    assert_eq!(reqwest::get(url).await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_router_without_persisted_queries_says_so() {
    let platform = Platform::start(Transport::InProcess).await;
    let response = platform.post(&by_hash(&hash(NAMES))).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(code(response).await, "PERSISTED_QUERY_NOT_SUPPORTED");
    let told = platform.post(&with_text(&hash(NAMES), NAMES)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(told["data"]["accounts"][0]["name"], "ada", "with the text there is nothing to support");
}

#[tokio::test]
async fn what_one_router_learns_another_knows_through_redis() {
    let redis = RedisServer::start();
    let here = automatic(Some(replica(&redis).await)).await;
    let there = automatic(Some(replica(&redis).await)).await;
    here.post(&with_text(&hash(NAMES), NAMES)).send().await.unwrap();
    let answer = there.post(&by_hash(&hash(NAMES))).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(answer["data"]["accounts"][0]["name"], "ada");

    // Whoever else writes there cannot slip in another document.
    let other = hash("{ trail }");
    let forged = bytes::Bytes::from_static(b"{ accounts { id } }");
    replica(&redis).await.set(&format!("persisted-query:{other}"), forged, Duration::from_mins(1)).await.unwrap();
    assert_eq!(code(there.post(&by_hash(&other)).send().await.unwrap()).await, "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn without_redis_clients_are_asked_for_their_documents() {
    let mut redis = RedisServer::start();
    let platform = automatic(Some(replica(&redis).await)).await;
    redis.kill();
    assert_eq!(code(platform.post(&by_hash(&hash(NAMES))).send().await.unwrap()).await, "PERSISTED_QUERY_NOT_FOUND");
    let told = platform.post(&with_text(&hash(NAMES), NAMES)).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(told["data"]["accounts"][0]["name"], "ada");
    let named = platform.post(&by_hash(&hash(NAMES))).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(named, told, "this process keeps it all the same");
}

struct Manifest(tempfile::TempDir);

impl Manifest {
    fn new(text: &Value) -> Self {
        let manifest = Self(tempfile::tempdir().unwrap());
        manifest.write(&text.to_string());
        manifest
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("manifest.json")
    }

    fn write(&self, text: &str) {
        let fresh = self.0.path().join("fresh.json");
        fs::write(&fresh, text).unwrap();
        fs::rename(fresh, self.path()).unwrap();
    }
}

async fn trusting(manifest: &Manifest, trust: Trust) -> Platform {
    let trusted = TrustedDocuments::follow(manifest.path(), trust).unwrap();
    let automatic = AutomaticDocuments::new(1024 * 1024, None, Duration::from_mins(1));
    let settings = Settings::new(Transport::InProcess).stages(|stages| {
        stages.documents = Arc::new(Documents { automatic: Some(automatic), trusted: Some(trusted) });
    });
    Platform::start_with(settings).await
}

#[tokio::test]
async fn only_trusted_documents_are_run_by_id_or_by_text() {
    let manifest = Manifest::new(&json!({
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{ "id": "names", "name": "Names", "type": "query", "body": NAMES }],
    }));
    let platform = trusting(&manifest, Trust::Enforce).await;
    for body in [json!({ "documentId": "names" }), by_hash("names"), json!({ "query": NAMES })] {
        let answer = platform.post(&body).send().await.unwrap().json::<Value>().await.unwrap();
        assert_eq!(answer["data"]["accounts"][0]["name"], "ada", "{body}");
    }
    let strange = platform.post(&json!({ "query": "{ trail }" })).send().await.unwrap();
    assert_eq!(strange.status(), 403);
    assert_eq!(code(strange).await, "QUERY_NOT_IN_SAFELIST");
    let learnt = platform.post(&with_text(&hash("{ trail }"), "{ trail }")).send().await.unwrap();
    assert_eq!(code(learnt).await, "QUERY_NOT_IN_SAFELIST", "nothing is learnt from clients");
    for body in [json!({ "documentId": "other" }), by_hash(&hash("{ trail }"))] {
        assert_eq!(code(platform.post(&body).send().await.unwrap()).await, "PERSISTED_QUERY_NOT_IN_LIST");
    }
    let swapped = json!({ "documentId": "names", "query": "{ trail }" });
    assert_eq!(code(platform.post(&swapped).send().await.unwrap()).await, "PERSISTED_QUERY_HASH_MISMATCH");

    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", "subscription { noteAdded { id } }").await;
    let refused = socket.next().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "QUERY_NOT_IN_SAFELIST");
}

#[tokio::test]
async fn a_list_on_trial_refuses_nothing() {
    let manifest = Manifest::new(&json!({ "names": NAMES }));
    let platform = trusting(&manifest, Trust::Log).await;
    let before = crate::support::measured("cloudphone_graphql_untrusted_documents_total");
    assert!(platform.ask("{ trail }").await["data"]["trail"].is_string());
    assert!(crate::support::measured("cloudphone_graphql_untrusted_documents_total") > before);
}

#[tokio::test]
async fn a_manifest_is_followed_and_the_last_good_one_stays() {
    let manifest = Manifest::new(&json!({ "names": NAMES }));
    let platform = trusting(&manifest, Trust::Enforce).await;
    manifest.write("half a manif");
    assert!(platform.ask("{ trail }").await["data"].is_null());
    manifest.write(&json!({ "trail": "{ trail }" }).to_string());
    let deadline = Instant::now() + PATIENCE;
    while !platform.ask("{ trail }").await["data"]["trail"].is_string() {
        assert!(Instant::now() < deadline, "the new manifest was never read");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(platform.ask(NAMES).await["data"].is_null(), "what is gone from the list is trusted no longer");
}
