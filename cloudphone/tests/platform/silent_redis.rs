//! A Redis that takes connections and says nothing: health tells of it, and hardly anybody waits for it.

use std::fs;
use std::time::Instant;

use cloudphone_testkit::RedisServer;
use serde_json::{Value, json};

use crate::router_alone::{catalogue, compose, start_with};
use crate::support::{Client, Folder, eventually, holds};

async fn status(client: &Client, component: &str) -> String {
    let report: Value = serde_json::from_str(&client.get("/health/detailed").await.1).unwrap();
    report["components"][component]["status"].as_str().unwrap_or("absent").to_owned()
}

#[tokio::test]
async fn unknown_hashes_do_not_each_wait_for_a_store_that_is_silent() {
    let (folder, catalogue, redis) = (Folder::new(), catalogue().await, RedisServer::start());
    let supergraph = compose(&folder, &[("catalogue", &catalogue)]).await;
    let file = folder.join("router.toml");
    let unreachable = "https://127.0.0.1:1/jwks.json";
    fs::write(
        &file,
        format!(
            "[engine]\nredis_url = \"{}\"\n[[router.authentication.issuers]]\nissuer = \"https://id.example.com\"\n\
             jwks_url = \"{unreachable}\"\n",
            redis.url()
        ),
    )
    .unwrap();
    let (_program, client) = start_with(&folder, &supergraph, Some(&file)).await;
    eventually(20, "the store is well", async || holds(status(&client, "cache").await == "up")).await;
    eventually(20, "an issuer has no keys", async || holds(status(&client, "issuers").await == "degraded")).await;

    redis.hang();
    let (began, mut asked) = (Instant::now(), 0_u32);
    while asked < 12 {
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": format!("{asked:064}") } });
        let request = reqwest::Client::new().post(format!("{}/graphql", client.base));
        let answer: Value =
            request.json(&json!({ "extensions": extensions })).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND", "{answer}");
        asked += 1;
    }
    let waited = client.metric("cloudphone_graphql_persisted_queries_unreachable_total", "").await;
    // It is left alone for five seconds after each time.
    let most = 1.0 + (began.elapsed().as_secs_f64() / 5.0).ceil();
    assert!((1.0..=most.min(11.0)).contains(&waited), "{waited} of {asked} waited within {:?}", began.elapsed());
    eventually(30, "health tells of it", async || holds(status(&client, "cache").await == "down")).await;
    assert_eq!(client.get("/health/readiness").await.0, 200, "it serves without");
    redis.go_on();
    eventually(30, "it is back", async || holds(status(&client, "cache").await == "up")).await;
}
