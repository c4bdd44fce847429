//! Whose word counts about the address of a client: the operator's proxies', and nobody else's.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};

use crate::gated::Site;
use crate::support::{ADMIN, Builder, DEMO_PASSWORD, eventually, run};

/// Where the operator's proxy connects from; the whole of 127.0.0.0/8 leads to this machine.
const PROXY: &str = "127.0.0.2";
const FORGED: [(&str, &str); 3] = [
    ("x-forwarded-for", "203.0.113.66, 198.51.100.7"),
    ("x-forwarded-proto", "https"),
    ("forwarded", "for=192.0.2.99;proto=https"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_trusted_proxy_says_who_the_client_is() {
    let platform = Builder::new().set("http.trusted_proxies", "10.0.0.0/8, 127.0.0.2").start().await;
    let url = format!("{}/graphql", platform.client.base);
    for (from, headers, seen) in [
        ("127.0.0.1", &FORGED[..], "127.0.0.1"),
        (PROXY, &FORGED[..], "198.51.100.7"),
        (PROXY, &[("x-forwarded-for", "198.51.100.8, 10.3.2.1")], "198.51.100.8"),
        (PROXY, &[("forwarded", "for=192.0.2.99")], PROXY),
    ] {
        assert_eq!(recorded(&url, from, headers).await, [seen, seen], "from {from} with {headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxies_may_speak_the_standard_header_instead() {
    let builder = Builder::new().set("http.trusted_proxies", PROXY).set("http.proxy_header", "forwarded");
    let platform = builder.start().await;
    let url = format!("{}/graphql", platform.client.base);
    assert_eq!(recorded(&url, PROXY, &FORGED).await, ["192.0.2.99"; 2]);
    assert_eq!(recorded(&url, "127.0.0.1", &FORGED).await, ["127.0.0.1"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_trusted_proxies_nobody_is_believed() {
    let platform = Builder::new().start().await;
    let url = format!("{}/graphql", platform.client.base);
    assert_eq!(recorded(&url, "127.0.0.1", &FORGED).await, ["127.0.0.1"; 2]);
    let builder = Builder::new().set("http.trusted_proxies", "0.0.0.0/0, proxy.example.com");
    let mut check = builder.with_settings("config");
    check.arg("check");
    let refused = run(check, 10).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("`0.0.0.0/0`") && refused.stderr.contains("`proxy.example.com`"), "{refused:?}");
}

/// Signs in from an address of this machine, and answers the address in the session and in the audit log.
async fn recorded(url: &str, from: &str, headers: &[(&str, &str)]) -> [String; 2] {
    let from: IpAddr = from.parse().unwrap();
    let http = reqwest::Client::builder().local_address(from).timeout(Duration::from_secs(30)).build().unwrap();
    let ask = async |token: Option<&str>, query: &str, variables: Value| -> Value {
        let mut request = http.post(url).json(&json!({ "query": query, "variables": variables }));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    };
    let login = "mutation($input: LoginInput!) { login(input: $input) { session { accessToken } } }";
    let input = json!({ "input": { "email": ADMIN, "password": DEMO_PASSWORD } });
    let signed_in = ask(None, login, input).await;
    let token = signed_in["login"]["session"]["accessToken"].as_str().unwrap();
    let me = ask(Some(token), "{ me { session { id address } } }", json!({})).await["me"]["session"].clone();
    let query =
        "query($id: ID!) { auditLog(filter: { action: \"session.open\", targetId: $id }) { nodes { address } } }";
    let noted = eventually(20, "the sign-in is in the audit log", async || {
        let found = ask(Some(token), query, json!({ "id": me["id"] })).await;
        found["auditLog"]["nodes"][0]["address"].as_str().map(str::to_owned)
    })
    .await;
    [me["address"].as_str().unwrap().to_owned(), noted]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_that_came_by_tls_are_told_to_come_by_nothing_else() {
    let production = [("CLOUDPHONE_ENVIRONMENT", "production"), ("CLOUDPHONE_HTTP__TRUSTED_PROXIES", PROXY)];
    let rule = async |site: &Site, from: &str, scheme: &str| {
        let from: IpAddr = from.parse().unwrap();
        let http = reqwest::Client::builder().local_address(from).build().unwrap();
        let request = http.get(format!("{}/health/liveness", site.client.base));
        let request = request.header("x-forwarded-for", "198.51.100.7").header("x-forwarded-proto", scheme);
        let answer = request.send().await.unwrap();
        answer.headers().get("strict-transport-security").map(|rule| rule.to_str().unwrap().to_owned())
    };
    let site = Site::start(&production).await;
    assert_eq!(rule(&site, PROXY, "https").await.as_deref(), Some("max-age=31536000"));
    assert_eq!(rule(&site, PROXY, "http").await, None, "never in the clear");
    assert_eq!(rule(&site, "127.0.0.1", "https").await, None, "anybody can say so");
    site.configure("[http]\nhsts_seconds = 60\nhsts_include_subdomains = true\n").await;
    assert_eq!(rule(&site, PROXY, "https").await.as_deref(), Some("max-age=60; includeSubDomains"));
    site.configure("[http]\nhsts_seconds = 0\n").await;
    assert_eq!(rule(&site, PROXY, "https").await, None);
}
