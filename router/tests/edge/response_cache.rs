//! Kept answers: fresh, each caller's own, and asked for only where they are missing.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue};
use cloudphone_execution::{SubgraphError, SubgraphEvent, SubgraphRequest, SubgraphResponse, SubgraphService};
use cloudphone_router::response_cache::{Purge, ResponseCache, ResponseCacheOptions, Rule, purge_routes};
use futures::stream::BoxStream;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Platform, Settings, Transport, measured, until};

/// What all subgraphs say about keeping, what they were asked, and the time.
#[derive(Clone)]
struct Shelf {
    says: Arc<Mutex<HeaderMap>>,
    asked: Arc<Mutex<Vec<(String, String)>>>,
    time: Arc<AtomicU64>,
    cache: ResponseCache,
}

impl Shelf {
    fn new(rules: &[(&str, u64, Option<bool>)]) -> Self {
        let time = Arc::new(AtomicU64::new(1_000_000_000_000));
        let (clock, mut options) = (Arc::clone(&time), ResponseCacheOptions::default());
        options.clock = Arc::new(move || clock.load(Ordering::SeqCst));
        options.rules = rules
            .iter()
            .map(|(coordinate, seconds, public)| {
                let max_age = Some(std::time::Duration::from_secs(*seconds));
                ((*coordinate).to_owned(), Rule { max_age, public: *public, inherit: false })
            })
            .collect();
        let cache = ResponseCache::new(options, None);
        Self { says: Arc::default(), asked: Arc::default(), time, cache }
    }

    async fn platform(&self, transport: Transport) -> Platform {
        let shelf = self.clone();
        let mut settings = Settings::new(transport);
        settings.before = Some(Box::new(move |inner, supergraph| {
            shelf.cache.before(Arc::new(Telling { inner, shelf: shelf.clone() }), supergraph)
        }));
        Platform::start_with(settings).await
    }

    fn say(&self, name: &'static str, value: &'static str) {
        self.says.lock().insert(name, HeaderValue::from_static(value));
    }

    fn pass(&self, seconds: u64) {
        self.time.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// What a subgraph was asked since the last look: its variables.
    fn asked(&self, subgraph: &str) -> Vec<String> {
        let mut asked = self.asked.lock();
        let own = asked.iter().filter(|(name, _)| name == subgraph).map(|(_, variables)| variables.clone()).collect();
        asked.retain(|(name, _)| name != subgraph);
        own
    }
}

/// Adds what a subgraph over HTTP would say about keeping.
struct Telling {
    inner: Arc<dyn SubgraphService>,
    shelf: Shelf,
}

#[async_trait]
impl SubgraphService for Telling {
    async fn execute(&self, request: SubgraphRequest) -> Result<SubgraphResponse, SubgraphError> {
        let variables = String::from_utf8_lossy(&request.variables).into_owned();
        self.shelf.asked.lock().push((request.subgraph.to_string(), variables));
        let mut response = self.inner.execute(request).await?;
        response.headers = self.shelf.says.lock().clone();
        Ok(response)
    }

    async fn subscribe(&self, request: SubgraphRequest) -> Result<BoxStream<'static, SubgraphEvent>, SubgraphError> {
        self.inner.subscribe(request).await
    }
}

const NAME: &str = "{ account(id: 1) { name } }";

async fn name(platform: &Platform) -> Value {
    platform.ask(NAME).await["data"]["account"]["name"].clone()
}

async fn rename(platform: &Platform, to: &str) {
    let answer = platform.ask(&format!("mutation {{ rename(id: 1, name: \"{to}\") {{ name }} }}")).await;
    assert_eq!(answer["data"]["rename"]["name"], to);
}

#[tokio::test]
async fn an_answer_is_kept_for_as_long_as_it_says_and_not_a_moment_longer() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    assert_eq!(name(&platform).await, "ada");
    assert_eq!(name(&platform).await, "ada");
    assert_eq!(shelf.asked("accounts").len(), 2, "nothing is kept unless somebody says so");
    shelf.say("cache-control", "public, max-age=60");
    shelf.say("age", "10");
    assert_eq!(name(&platform).await, "ada");
    rename(&platform, "eve").await;
    shelf.pass(49);
    assert_eq!(name(&platform).await, "ada", "kept for ten seconds less than a minute");
    shelf.pass(1);
    assert_eq!(name(&platform).await, "eve");
    shelf.say("cache-control", "no-store");
    shelf.pass(50);
    rename(&platform, "ada").await;
    assert_eq!(name(&platform).await, "ada");
    rename(&platform, "bob").await;
    assert_eq!(name(&platform).await, "bob");
}

#[tokio::test]
async fn two_callers_never_see_each_others_answers() {
    for says in ["private, max-age=60", "max-age=60", "max-age=60, s-maxage=60"] {
        let shelf = Shelf::new(&[]);
        let platform = shelf.platform(Transport::InProcess).await;
        shelf.say("cache-control", says);
        let mut ids = Vec::new();
        for token in ["first", "second", "first", "second"] {
            if ids.len() < 2 {
                platform.doorman.admit(token, &["account:read"], None);
            }
            let request = platform.post(&json!({ "query": "{ me { id } }" })).bearer_auth(token);
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["cache-control"], "private, max-age=60");
            let answer: Value = response.json().await.unwrap();
            ids.push(answer["data"]["me"]["id"].clone());
        }
        assert!(ids[0].is_string() && ids[0] != ids[1] && ids[..2] == ids[2..], "{ids:?}");
        assert_eq!(shelf.asked("accounts").len(), 2, "each is asked for once");
        platform.doorman.permit("first", &["account:write"]);
        let request = platform.post(&json!({ "query": "{ me { id } }" })).bearer_auth("first");
        request.send().await.unwrap();
        assert_eq!(shelf.asked("accounts").len(), 1, "other rights are another caller");
    }
}

#[tokio::test]
async fn what_is_public_is_shared_among_all_and_what_is_private_is_kept_for_nobody_unknown() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    shelf.say("cache-control", "public, max-age=60");
    platform.doorman.admit("first", &[], None);
    let known = platform.post(&json!({ "query": NAME })).bearer_auth("first").send().await.unwrap();
    assert_eq!(known.headers()["cache-control"], "private, max-age=60", "a cache on the way checks no credentials");
    let unknown = platform.get(NAME).send().await.unwrap();
    assert_eq!(unknown.headers()["cache-control"], "public, max-age=60");
    assert_eq!(shelf.asked("accounts").len(), 1);
    shelf.say("cache-control", "private, max-age=60");
    for _ in 0..2 {
        let response = platform.get("{ accounts { id } }").send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    assert_eq!(shelf.asked("accounts").len(), 2);
}

#[tokio::test]
async fn of_many_entities_only_the_missing_are_asked_for() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    shelf.say("cache-control", "public, max-age=60");
    let write = async |text: &str, author: u32| {
        platform.ask(&format!("mutation {{ write(text: \"{text}\", author: {author}) {{ id }} }}")).await
    };
    let document = "{ notes { text author { name } } }";
    write("one", 1).await;
    write("two", 2).await;
    platform.ask(document).await;
    assert_eq!(shelf.asked("accounts").len(), 1);
    write("three", 3).await;
    shelf.pass(30);
    shelf.cache.purge(&Purge { subgraph: Some("notes".to_owned()), ..Purge::default() }).await.unwrap();
    let response = platform.get(document).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "public, max-age=30", "as old as the oldest part");
    let answer: Value = response.json().await.unwrap();
    let names: Vec<_> =
        answer["data"]["notes"].as_array().unwrap().iter().map(|note| note["author"]["name"].clone()).collect();
    assert_eq!(names, ["ada", "bob", "cleo"]);
    assert_eq!(shelf.asked("accounts"), [r#"{"representations":[{"__typename":"Account","id":"3"}]}"#]);
    let (hits, saved) = ("cloudphone_response_cache_lookups_total", "cloudphone_response_cache_answered_bytes_total");
    assert!(measured(hits) >= 7.0 && measured(saved) > 0.0);
    platform.ask("{ account(id: 3) { name } notes { author { name } } }").await;
    assert_eq!(shelf.asked("accounts").len(), 1, "the root field; the entities are all there");
}

#[tokio::test]
async fn answers_with_errors_are_not_kept() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    shelf.say("cache-control", "public, max-age=60");
    for _ in 0..2 {
        let response = platform.get("{ refusal account(id: 1) { name } }").send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "CLOSED_TODAY");
    }
    assert_eq!(shelf.asked("accounts").len(), 2);
}

#[tokio::test]
async fn what_follows_from_a_change_is_as_it_is_after_the_change() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    shelf.say("cache-control", "public, max-age=60");
    platform.ask("mutation { write(text: \"x\", author: 1) { id } }").await;
    let authors = "{ notes { author { name } } }";
    assert_eq!(platform.ask(authors).await["data"]["notes"][0]["author"]["name"], "ada");
    rename(&platform, "eve").await;
    let answer = platform.ask("mutation { write(text: \"y\", author: 1) { author { name } } }").await;
    assert_eq!(answer["data"]["write"]["author"]["name"], "eve");
    assert_eq!(platform.ask(authors).await["data"]["notes"][0]["author"]["name"], "eve", "and stays known");
}

#[tokio::test]
async fn rules_keep_what_subgraphs_say_nothing_about() {
    let shelf =
        Shelf::new(&[("Query.account", 60, Some(true)), ("Account", 60, Some(true)), ("Query.accounts", 0, None)]);
    let platform = shelf.platform(Transport::InProcess).await;
    for _ in 0..2 {
        let response = platform.get(NAME).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "public, max-age=60");
        platform.ask("{ accounts { name } }").await;
        platform.ask("{ trail }").await;
    }
    assert_eq!(shelf.asked("accounts").len(), 5, "one account, and twice what is forbidden or not spoken of");
    shelf.say("cache-control", "no-store");
    shelf.pass(60);
    for _ in 0..2 {
        platform.ask(NAME).await;
    }
    assert_eq!(shelf.asked("accounts").len(), 2, "a subgraph may always refuse");
}

#[tokio::test]
async fn whoever_has_the_token_removes_answers_by_subgraph_type_or_key() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    shelf.say("cache-control", "public, max-age=600");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/response-cache/purge", listener.local_addr().unwrap());
    let routes = purge_routes(shelf.cache.clone(), "a-token-for-purges");
    let server = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let purge = async |token: &str, body: &str| {
        let request = reqwest::Client::new().post(&url).bearer_auth(token).body(body.to_owned());
        request.send().await.unwrap().status().as_u16()
    };
    for author in [1, 2] {
        platform.ask(&format!("mutation {{ write(text: \"{author}\", author: {author}) {{ id }} }}")).await;
    }
    let document = "{ notes { id author { name } } }";
    let asked = async || {
        shelf.pass(1);
        platform.ask(document).await;
        (shelf.asked("notes").len(), shelf.asked("accounts"))
    };
    let both = r#"{"representations":[{"__typename":"Account","id":"1"},{"__typename":"Account","id":"2"}]}"#;
    let second = r#"{"representations":[{"__typename":"Account","id":"2"}]}"#;
    assert_eq!(asked().await, (3, vec![both.to_owned()]), "the two changes, and the notes");
    assert_eq!(asked().await, (0, Vec::new()));
    assert_eq!(purge("a-token-for-purge", "{}").await, 401);
    assert_eq!(purge("a-token-for-purges", r#"{"key":{}}"#).await, 400);
    assert_eq!(asked().await, (0, Vec::new()));
    assert_eq!(purge("a-token-for-purges", r#"{"type":"Account","key":{"id":2}}"#).await, 204);
    assert_eq!(asked().await, (1, vec![second.to_owned()]), "and the notes, which hold accounts");
    assert_eq!(purge("a-token-for-purges", r#"{"subgraph":"accounts"}"#).await, 204);
    assert_eq!(asked().await, (0, vec![both.to_owned()]));
    assert_eq!(purge("a-token-for-purges", r#"{"type":"Note"}"#).await, 204);
    assert_eq!(asked().await, (1, Vec::new()));
    assert_eq!(purge("a-token-for-purges", "{}").await, 204);
    assert_eq!(asked().await, (1, vec![both.to_owned()]));
    server.abort();
}

#[tokio::test]
async fn an_answer_that_was_on_its_way_when_it_was_purged_is_not_kept() {
    let shelf = Shelf::new(&[]);
    let platform = shelf.platform(Transport::InProcess).await;
    shelf.say("cache-control", "public, max-age=60");
    let held = platform.post(&json!({ "query": "{ held }" })).send();
    let held = tokio::spawn(held);
    until("it waits", || platform.accounts.waiting.load(Ordering::SeqCst) == 1).await;
    shelf.pass(1);
    shelf.cache.purge(&Purge::default()).await.unwrap();
    platform.accounts.gate.add_permits(2);
    held.await.unwrap().unwrap();
    platform.ask("{ held }").await;
    assert_eq!(shelf.asked("accounts").len(), 2);
}

#[tokio::test]
async fn a_cached_router_answers_as_one_without_a_cache() {
    let shelf = Shelf::new(&[]);
    shelf.say("cache-control", "max-age=600");
    let (cached, plain) = (shelf.platform(Transport::InProcess).await, Platform::start(Transport::InProcess).await);
    for (text, author) in [("one", 1), ("two", 2), ("three", 9), ("four", 1)] {
        let document = format!("mutation {{ write(text: \"{text}\", author: {author}) {{ id }} }}");
        assert_eq!(cached.ask(&document).await, plain.ask(&document).await);
    }
    // Every operation twice and in several orders, so that each meets others' entities.
    let parts = [
        "notes { id author { name } }",
        "accounts { name notes { text author { id name } } }",
        "a: account(id: 1) { notes { author { name notes { text } } } }",
        "b: account(id: 2) { name }",
        "none: account(id: 7) { name }",
        "refusal",
    ];
    let mut seed: usize = 7;
    let mut answers: HashMap<String, Value> = HashMap::new();
    for _ in 0..60 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let chosen = parts.iter().enumerate().filter(|(bit, _)| seed >> (32 + bit) & 1 == 1).map(|(_, part)| *part);
        let document = format!("{{ __typename {} }}", chosen.collect::<Vec<_>>().join(" "));
        let without_trail = |mut answer: Value| {
            for error in answer["errors"].as_array_mut().into_iter().flatten() {
                error["extensions"].as_object_mut().unwrap().remove("correlationId");
            }
            answer
        };
        let answer = without_trail(cached.ask(&document).await);
        if !answers.contains_key(&document) {
            answers.insert(document.clone(), without_trail(plain.ask(&document).await));
        }
        assert_eq!(answer, answers[&document], "{document}");
    }
    let asked = shelf.asked("accounts").len() + shelf.asked("notes").len();
    assert!(asked < 60, "{asked} calls for 60 operations");
}
