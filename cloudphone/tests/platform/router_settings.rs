//! Parts of the router that are off unless the file of settings switches them on, by the real program.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::{Multipart, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use cloudphone_testkit::RedisServer;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::router_alone::start_with;
use crate::support::{Client, Folder, Program, binary, eventually, holds, run};

const TOKEN: &str = "the-token-for-purges";

async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

/// A supergraph of one subgraph.
async fn composed(folder: &Folder, place: SocketAddr, sdl: &str) -> String {
    let schema = folder.join("things.graphql");
    fs::write(&schema, sdl).unwrap();
    let mut command = binary();
    command.args(["schema", "compose", "--subgraph"]);
    command.arg(format!("things=http://{place}/graphql,{}", schema.display()));
    let composed = run(command, 20).await;
    assert_eq!(composed.code, Some(0), "{composed:?}");
    composed.stdout
}

async fn router(folder: &Folder, supergraph: &str, settings: &str) -> (Program, Client) {
    let file = folder.join("router.toml");
    fs::write(&file, settings).unwrap();
    start_with(folder, supergraph, Some(&file)).await
}

/// Each answer of the subgraph is another number, which may be kept.
async fn count(State(calls): State<Arc<AtomicUsize>>) -> Response {
    let number = calls.fetch_add(1, Ordering::SeqCst) + 1;
    ([("cache-control", "public, max-age=3600")], Json(json!({ "data": { "number": number } }))).into_response()
}

async fn number(client: &Client) -> u64 {
    client.ask("{ number }", json!({})).await["number"].as_u64().unwrap()
}

async fn purge(client: &Client) -> u16 {
    let request = reqwest::Client::new().post(format!("{}/response-cache/purge", client.base)).bearer_auth(TOKEN);
    request.json(&json!({})).send().await.unwrap().status().as_u16()
}

/// Asks both until what one has kept is what the other answers; an answer is kept a moment after it was given.
async fn agreed(one: &Client, other: &Client) -> u64 {
    eventually(30, "the routers share what they keep", async || {
        let number_of_one = number(one).await;
        (number(other).await == number_of_one).then_some(number_of_one)
    })
    .await
}

#[tokio::test]
async fn routers_share_what_they_keep_in_redis_and_do_without_it_while_it_is_away() {
    let calls = Arc::new(AtomicUsize::new(0));
    let place = serve(Router::new().route("/graphql", post(count)).with_state(Arc::clone(&calls))).await;
    let mut redis = RedisServer::start();
    let settings = format!(
        "[engine]\nredis_url = \"{}\"\n[router.response_cache]\nenabled = true\nstorage = \"redis\"\n\
         storage_timeout_ms = 2000\npurge_token = \"{TOKEN}\"\n[router.traffic]\nhealth_checks = false\n",
        redis.url()
    );
    let folders = [Folder::new(), Folder::new()];
    let supergraph = composed(&folders[0], place, "type Query { number: Int }").await;
    let (_one_program, one) = router(&folders[0], &supergraph, &settings).await;
    let (_other_program, other) = router(&folders[1], &supergraph, &settings).await;

    let kept = agreed(&one, &other).await;
    let before = calls.load(Ordering::SeqCst);
    for client in [&one, &other, &one, &other] {
        assert_eq!(number(client).await, kept);
    }
    assert_eq!(calls.load(Ordering::SeqCst), before, "nobody asked the subgraph");

    assert_eq!(purge(&other).await, 204);
    let fresh = number(&one).await;
    assert!(fresh > kept, "what one router was told to forget no router answers");
    let kept = agreed(&one, &other).await;
    assert!(kept >= fresh);

    redis.kill();
    let mut last = kept;
    for client in [&one, &other, &one] {
        let now = number(client).await;
        assert!(now > last, "it is answered, by the subgraph");
        last = now;
    }
    assert_eq!(purge(&one).await, 503, "who purges has to know that nothing was");

    redis.start_again();
    // Whatever was to be kept meanwhile may be kept now.
    assert!(agreed(&one, &other).await > kept, "nothing comes back that was kept before");
    eventually(30, "purges work as before", async || holds(purge(&one).await == 204)).await;
}

/// Says what it was sent.
async fn keep(mut form: Multipart) -> Json<Value> {
    let (mut names, mut bytes) = (Vec::new(), 0);
    while let Some(part) = form.next_field().await.unwrap() {
        let (name, file) = (part.name().unwrap().to_owned(), part.file_name().is_some());
        let content = part.bytes().await.unwrap();
        bytes += if file { content.len() } else { 0 };
        names.push(name);
    }
    assert_eq!(names, ["operations", "map", "0"]);
    Json(json!({ "data": { "keep": bytes } }))
}

/// The status and the answer to a mutation with a file of so many bytes.
async fn upload(client: &Client, bytes: usize) -> (u16, Value) {
    let operations =
        json!({ "query": "mutation ($file: Upload!) { keep(file: $file) }", "variables": { "file": null } });
    let part = |name: &str, more: &str, content: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n")
    };
    let body = [
        part("operations", "", &operations.to_string()),
        part("map", "", r#"{"0":["variables.file"]}"#),
        part("0", "; filename=\"a.bin\"", &"x".repeat(bytes)),
        "--edge--\r\n".to_owned(),
    ];
    let request = reqwest::Client::new().post(format!("{}/graphql", client.base)).body(body.concat());
    let request = request.header("content-type", "multipart/form-data; boundary=edge");
    let response = request.header("apollo-require-preflight", "true").send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn files_are_taken_when_the_settings_say_so_and_as_large_as_they_say() {
    let place = serve(Router::new().route("/graphql", post(keep))).await;
    let sdl = "scalar Upload type Query { number: Int } type Mutation { keep(file: Upload!): Int }";
    let folder = Folder::new();
    let supergraph = composed(&folder, place, sdl).await;
    let settings = "[router.upload]\nenabled = true\nmax_file_bytes = 100000\n";
    let (_program, client) = router(&folder, &supergraph, settings).await;
    assert_eq!(upload(&client, 100_000).await, (200, json!({ "data": { "keep": 100_000 } })));
    let (status, answer) = upload(&client, 100_001).await;
    assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));

    let other = Folder::new();
    let (_program, without) = router(&other, &supergraph, "").await;
    assert_eq!(upload(&without, 1).await.0, 415, "nobody switched it on");
}
