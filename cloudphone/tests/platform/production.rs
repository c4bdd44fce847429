//! What `environment = "production"` means by itself, before foreign subgraphs and on the platform.

use serde_json::{Value, json};

use crate::support::{ADMIN, Builder, Client, DEMO_PASSWORD, error_code};
use crate::wiring::site::{Site, Told};

/// A loaded machine is late, which is no business of these stories.
const PATIENT: &str = "[router.overload]\nmax_lag_ms = 600000\n";

#[tokio::test]
async fn a_router_that_stands_alone_keeps_what_is_inside_to_itself() {
    let site = Site::start(&format!("environment = \"production\"\n{PATIENT}")).await;
    assert_eq!(site.ask("{ __schema { description } }").await.code(), "INTROSPECTION_DISABLED");
    assert_eq!(site.client.get("/graphiql").await.0, 404);
    assert_eq!(site.client.get("/graphiql/explorer.js").await.0, 404);

    let told = site.ask("{ broken }").await;
    assert_eq!(told.code(), "DOWNSTREAM_SERVICE_ERROR");
    let text = told.body.to_string();
    assert!(!text.contains("a cause from inside"), "{text}");
    let id = told.body["errors"][0]["extensions"]["correlationId"].as_str().unwrap();
    let log = site.program.stderr();
    let line = log.lines().find(|line| line.contains("an error was masked")).unwrap();
    assert!(line.contains(id) && line.contains("a cause from inside"), "the log tells: {line}");

    let asked = site.post(&json!({ "query": "{ now }" })).header("x-cloudphone-query-plan", "1");
    let told = Told::of(asked).await;
    assert!(told.body["data"]["now"].is_number() && told.body["extensions"].is_null(), "no plan: {told:?}");
    assert_eq!(told.header("ratelimit-policy"), "\"addresses-60\";q=300;w=60");

    // The same in development, so that it is the environment that makes the difference.
    site.configure("").await;
    assert_eq!(site.ask("{ __schema { description } }").await.code(), "");
    assert_eq!(site.client.get("/graphiql").await.0, 200);
    let told = site.ask("{ broken }").await;
    assert!(told.body.to_string().contains("a cause from inside"), "{told:?}");
    assert_eq!(told.header("ratelimit-policy"), "");
}

async fn log_in(client: &Client, password: &str) -> Told {
    let query =
        "mutation($input: LoginInput!) { login(input: $input) { session { accessToken } userErrors { code } } }";
    let body = json!({ "query": query, "variables": { "input": { "email": ADMIN, "password": password } } });
    Told::of(reqwest::Client::new().post(format!("{}/graphql", client.base)).json(&body)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_platform_counts_callers_and_attempts_to_sign_in() {
    let platform =
        Builder::new().set("environment", "production").set("router.overload.max_lag_ms", 600_000).start().await;
    let client = &platform.client;
    let introspected = client.answer("{ __schema { description } }", json!({})).await;
    assert_eq!(error_code(&introspected), "INTROSPECTION_DISABLED");
    assert!(!client.get("/graphiql").await.1.contains("explorer.js"), "the explorer is not served");

    let first = log_in(client, DEMO_PASSWORD).await;
    let token = first.body["data"]["login"]["session"]["accessToken"].as_str().unwrap().to_owned();
    let policy = first.header("ratelimit-policy");
    assert!(policy.contains("\"addresses-60\";q=300;w=60"), "{policy}");
    assert!(policy.contains("\"sign-in-900\";q=5;w=900"), "{policy}");
    for _ in 0..4 {
        assert_eq!(log_in(client, DEMO_PASSWORD).await.status, 200);
    }
    let sixth = log_in(client, DEMO_PASSWORD).await;
    assert_eq!((sixth.status, sixth.code()), (429, "RATE_LIMITED"), "{sixth:?}");
    let wait: u64 = sixth.header("retry-after").parse().unwrap();
    assert!((1..=180).contains(&wait), "one of five is regained in three minutes: {wait}");

    let me = json!({ "query": "{ me { user { id } } }" });
    let asked = reqwest::Client::new().post(format!("{}/graphql", client.base)).json(&me).bearer_auth(&token);
    let told = Told::of(asked.header("x-cloudphone-query-plan", "1")).await;
    assert_eq!(told.header("ratelimit-policy"), "\"callers-60\";q=100;w=60");
    assert!(told.body["data"]["me"]["user"]["id"].is_string(), "{told:?}");
    assert_eq!(told.body["extensions"], Value::Null, "who governs an organisation does not see plans");
}
