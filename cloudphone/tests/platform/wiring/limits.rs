//! Limits of documents and requests, costs, persisted and trusted documents, and planning.

use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::site::{Site, Told};
use crate::support::{eventually, holds};

/// What is set, an operation that is still answered, one that is not, and the code by which it is refused.
const LIMITS: &[(&str, &str, &str, &str)] = &[
    ("[router]\nmax_depth = 2", "{ thing { name } }", "{ thing { inner { name } } }", "OPERATION_TOO_LARGE"),
    ("[router]\nmax_aliases = 1", "{ a: now }", "{ a: now b: now }", "OPERATION_TOO_LARGE"),
    ("[router]\nmax_root_fields = 1", "{ now }", "{ now thing { name } }", "OPERATION_TOO_LARGE"),
    ("[router]\nmax_tokens = 5", "{ now }", "{ thing { name inner { name } } }", "GRAPHQL_PARSE_FAILED"),
    (
        "[router]\nmax_directives = 1",
        "{ now @include(if: true) }",
        "{ now @include(if: true) @skip(if: false) }",
        "OPERATION_TOO_LARGE",
    ),
    ("[router]\nmax_fields = 2", "{ thing { name } }", "{ thing { name inner { name } } }", "OPERATION_TOO_LARGE"),
    ("[router]\nintrospection = false", "{ __typename }", "{ __schema { description } }", "INTROSPECTION_DISABLED"),
    (
        "[router.cost]\nmode = \"enforce\"\nmax = 2",
        "{ thing { inner { name } } }",
        "{ thing { inner { inner { name } } } }",
        "COST_ESTIMATED_TOO_EXPENSIVE",
    ),
    (
        "[router.cost]\nmode = \"enforce\"\nmax = 20\ndefault_list_size = 5",
        "{ things { name } }",
        "{ things { inners { name } } }",
        "COST_ESTIMATED_TOO_EXPENSIVE",
    ),
    (
        "[router.cost]\nmode = \"enforce\"\nmax_per_subgraph = 1",
        "{ thing { name } }",
        "{ thing { inner { name } } }",
        "SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE",
    ),
    (
        "[router.cost]\nmode = \"enforce\"\nsubgraphs = { gate = 1 }",
        "{ thing { name } }",
        "{ thing { inner { name } } }",
        "SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE",
    ),
    (
        "[router.traffic]\nmax_response_bytes = 2000",
        "{ text(bytes: 1000) }",
        "{ text(bytes: 3000) }",
        "DOWNSTREAM_SERVICE_ERROR",
    ),
    (
        "[router.subgraphs.gate]\nmax_response_bytes = 2000",
        "{ text(bytes: 1000) }",
        "{ text(bytes: 3000) }",
        "DOWNSTREAM_SERVICE_ERROR",
    ),
];

#[tokio::test]
async fn each_limit_lets_through_what_it_says_and_nothing_beyond() {
    let site = Site::start("").await;
    for (_, within, beyond, _) in LIMITS {
        for query in [within, beyond] {
            let told = site.ask(query).await;
            assert!(told.status == 200 && told.code().is_empty(), "by default: {query}: {told:?}");
        }
    }
    for (settings, within, beyond, code) in LIMITS {
        site.configure(settings).await;
        let told = site.ask(within).await;
        assert_eq!(told.code(), "", "{settings}: {within}: {told:?}");
        let told = site.ask(beyond).await;
        assert_eq!(told.code(), *code, "{settings}: {beyond}: {told:?}");
    }
    requests_are_bounded(&site).await;
    batches_hold_as_many_as_the_settings_say(&site).await;
    documents_are_kept_and_trusted_as_the_settings_say(&site).await;
    plans_are_kept_and_shown_as_the_settings_say(&site).await;
}

async fn requests_are_bounded(site: &Site) {
    site.configure("[http]\nmax_body_bytes = 2048\nallowed_origins = [\"https://shop.example.com\"]\n").await;
    let padded = |bytes: usize| json!({ "query": "{ now }", "variables": { "padding": "x".repeat(bytes) } });
    assert_eq!(Told::of(site.post(&padded(1000))).await.status, 200);
    let told = Told::of(site.post(&padded(3000))).await;
    assert_eq!((told.status, told.code()), (413, "PAYLOAD_TOO_LARGE"));
    for (origin, allowed) in [("https://shop.example.com", true), ("https://evil.example.com", false)] {
        let told = site.post(&json!({ "query": "{ now }" })).header("origin", origin).send().await.unwrap();
        let answer = told.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(answer == Some(origin), allowed, "{origin}: {answer:?}");
    }

    // Both are 30 seconds by default.
    for settings in ["[http]\nrequest_timeout_seconds = 1\n", "[router.traffic]\ntimeout_seconds = 1\n"] {
        site.configure(settings).await;
        let began = Instant::now();
        let told = site.hold().await.await.unwrap();
        assert_eq!(told["errors"][0]["extensions"]["code"], "GATEWAY_TIMEOUT", "{settings}: {told}");
        assert!(began.elapsed() < Duration::from_secs(25), "{settings}: {:?}", began.elapsed());
    }
}

async fn batches_hold_as_many_as_the_settings_say(site: &Site) {
    let batch = async |size: usize| {
        let told = Told::of(site.post(&json!(vec![json!({ "query": "{ now }" }); size]))).await;
        (told.status, told.code().to_owned(), told.body.as_array().map(Vec::len))
    };
    site.configure("").await;
    assert_eq!(batch(10).await, (200, String::new(), Some(10)), "the default");
    assert_eq!(batch(11).await, (400, "BATCH_SIZE".to_owned(), None));
    site.configure("[router]\nmax_batch = 12\n").await;
    assert_eq!(batch(12).await, (200, String::new(), Some(12)));
    assert_eq!(batch(13).await, (400, "BATCH_SIZE".to_owned(), None));
    site.configure("[router]\nmax_batch = 0\n").await;
    assert_eq!(batch(1).await, (400, "BATCHING_NOT_SUPPORTED".to_owned(), None));
    assert_eq!(site.ask("{ now }").await.status, 200, "one by itself is no batch");
}

fn hash(document: &str) -> String {
    format!("{:x}", Sha256::digest(document))
}

async fn documents_are_kept_and_trusted_as_the_settings_say(site: &Site) {
    let named = async |document: &str, query: Option<&str>| {
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash(document) } });
        let mut body = json!({ "extensions": extensions });
        if let Some(query) = query {
            body["query"] = json!(query);
        }
        Told::of(site.post(&body)).await.code().to_owned()
    };
    let (short, long) = ("{ now }", format!("{{ now }} #{}", "x".repeat(4000)));
    site.configure("[router.documents]\nautomatic_max_bytes = 2000\n").await;
    for document in [short, &long] {
        assert_eq!(named(document, None).await, "PERSISTED_QUERY_NOT_FOUND");
        assert_eq!(named(document, Some(document)).await, "");
    }
    assert_eq!(named(short, None).await, "");
    eventually(20, "there is no room for the long one", async || {
        holds(named(&long, None).await == "PERSISTED_QUERY_NOT_FOUND")
    })
    .await;
    assert_eq!(named(short, None).await, "");

    site.configure("[router.documents]\nautomatic_lifetime_seconds = 1\n").await;
    assert_eq!(named(short, Some(short)).await, "");
    // Asking for it would prolong its life.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(named(short, None).await, "PERSISTED_QUERY_NOT_FOUND", "its time is over");

    site.configure("[router.documents]\nautomatic = false\n").await;
    assert_eq!(named(short, None).await, "PERSISTED_QUERY_NOT_SUPPORTED");

    let manifest = site.put("trusted.json", &json!({ "published": "{ thing { name } }" }).to_string());
    site.configure(&format!("[router.documents]\ntrust = \"enforce\"\nmanifest = \"{manifest}\"\n")).await;
    assert_eq!(site.ask(short).await.code(), "QUERY_NOT_IN_SAFELIST");
    let told = Told::of(site.post(&json!({ "documentId": "published" }))).await;
    assert_eq!(told.body["data"]["thing"]["name"], "a thing", "{told:?}");
    site.configure(&format!("[router.documents]\ntrust = \"log\"\nmanifest = \"{manifest}\"\n")).await;
    let before = site.client.metric("cloudphone_graphql_untrusted_documents_total", "").await;
    assert_eq!(site.ask(short).await.code(), "");
    assert!(site.client.metric("cloudphone_graphql_untrusted_documents_total", "").await > before);
}

async fn plans_are_kept_and_shown_as_the_settings_say(site: &Site) {
    let shown = async || {
        let asked = site.post(&json!({ "query": "{ now }" })).header("x-cloudphone-query-plan", "1");
        Told::of(asked).await.body["extensions"]["queryPlan"].is_object()
    };
    site.configure("[router]\nplan_cache_entries = 1\n").await;
    assert!(shown().await, "everybody sees them in development");
    let made = async || site.client.metric("cloudphone_graphql_planning_duration_seconds_count", "planned").await;
    let before = made().await;
    // There is room for both by default, so that no more than two plans would ever be made.
    eventually(20, "plans that were forgotten are made again", async || {
        site.ask("{ thing { inner { name } } }").await;
        site.ask("{ things { inner { name } } }").await;
        holds(made().await - before > 3.5)
    })
    .await;
    for (access, visible) in [("nobody", false), ("permitted", false), ("everybody", true)] {
        site.configure(&format!("[router]\nquery_plan = \"{access}\"\n")).await;
        assert_eq!(shown().await, visible, "{access}");
    }
}
