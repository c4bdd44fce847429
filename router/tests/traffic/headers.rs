//! Which headers travel, by every protocol, and which never do.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue};
use cloudphone_traffic::headers::{AnswerRule, AnswerRules, Combine, RequestRule, RequestRules};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::{Instance, Routed, Setup, until};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn rules(patterns: &[&str]) -> RequestRules {
    let propagate =
        |pattern: &&str| RequestRule::Propagate { pattern: pattern.parse().unwrap(), rename: None, default: None };
    patterns.iter().map(propagate).collect()
}

async fn routed(patterns: &[&str]) -> (Instance, Routed) {
    let instance = Instance::start("one").await;
    let mut setup = Setup::of(&[&instance]);
    setup.request_rules = rules(patterns);
    setup.payload_fields = BTreeMap::from([("region".to_owned(), "x-region".to_owned())]);
    let routed = Routed::start(setup).await;
    (instance, routed)
}

fn told<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn what_rules_name_reaches_the_subgraph_by_every_way_over_http() {
    let (instance, routed) = routed(&["x-tenant"]).await;
    let query = json!({ "query": "{ name }" });
    let mut url: url::Url = routed.url().parse().unwrap();
    url.query_pairs_mut().append_pair("query", "{ name }");
    let requests = [
        routed.post(&query),
        reqwest::Client::new().get(url),
        routed.post(&json!([query])),
        routed.post(&query).header("accept", "text/event-stream"),
        routed.post(&query).header("accept", "multipart/mixed;subscriptionSpec=1.0, application/json"),
    ];
    for (number, request) in requests.into_iter().enumerate() {
        let request = request.header("x-tenant", format!("t{number}")).header("x-other", "no");
        assert_eq!(request.send().await.unwrap().status(), 200);
        let seen = instance.script.last();
        assert_eq!(told(&seen.headers, "x-tenant"), Some(&*format!("t{number}")));
        assert_eq!(told(&seen.headers, "x-other"), None);
    }
    assert_eq!(instance.script.seen().len(), 5);
}

#[tokio::test]
async fn nobody_smuggles_in_what_is_the_routers_own() {
    let (instance, routed) = routed(&["*", "x-cloudphone-identity", "x-request-id", "host", "x-hop"]).await;
    let request = routed.post(&json!({ "query": "{ name }" }));
    let request = request
        .header("x-cloudphone-identity", "forged")
        .header("x-request-id", "forged")
        .header("host", "elsewhere.example")
        .header("connection", "keep-alive, x-hop")
        .header("x-hop", "by hop")
        .header("te", "trailers")
        .header("proxy-authorization", "Basic c2VjcmV0")
        .header("authorization", "Bearer secret")
        .header("cookie", "session=secret")
        .header("content-language", "tlh")
        .header("x-plain", "yes");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let headers = instance.script.last().headers;
    assert_eq!(told(&headers, "x-plain"), Some("yes"));
    assert_ne!(told(&headers, "x-request-id"), Some("forged"));
    assert_eq!(told(&headers, "host"), Some(&*instance.address.to_string()));
    let absent = [
        "x-cloudphone-identity",
        "x-hop",
        "connection",
        "te",
        "proxy-authorization",
        "authorization",
        "cookie",
        "content-language",
    ];
    for name in absent {
        assert_eq!(told(&headers, name), None, "{name}");
    }
}

#[tokio::test]
async fn a_trace_goes_through() {
    let (instance, routed) = routed(&[]).await;
    let request = routed.post(&json!({ "query": "{ name }" }));
    request.header("traceparent", TRACE).header("tracestate", "vendor=1").send().await.unwrap();
    let headers = instance.script.last().headers;
    assert!(told(&headers, "traceparent").is_some_and(|parent| parent.contains("0af7651916cd43dd8448eb211c80319c")));
    assert_eq!(told(&headers, "tracestate"), Some("vendor=1"));
    let request = routed.post(&json!({ "query": "{ name }" }));
    request.header("traceparent", "made up").header("tracestate", "vendor=1").send().await.unwrap();
    let headers = instance.script.last().headers;
    assert_ne!(told(&headers, "traceparent"), Some("made up"));
}

#[tokio::test]
async fn headers_of_answers_reach_the_client_as_the_rules_combine_them() {
    let instance = Instance::start("one").await;
    let rule = |name: &str, combine| AnswerRule::Propagate {
        pattern: name.parse().unwrap(),
        rename: None,
        default: None,
        combine,
    };
    let mut setup = Setup::of(&[&instance]);
    setup.answer_rules = [rule("x-*", Combine::First), rule("x-cost", Combine::Append), rule("server", Combine::Last)]
        .into_iter()
        .collect::<AnswerRules>();
    let routed = Routed::start(setup).await;
    for (script, cost) in [(&instance.script, "3"), (&routed.others.script, "4")] {
        let mut headers = script.answer_headers.lock();
        headers.insert("x-cost", HeaderValue::from_static(cost));
        headers.insert("x-correlation-id", HeaderValue::from_static("forged"));
        headers.insert("server", HeaderValue::from_static("leaky/1.0"));
        headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    }
    for body in [json!({ "query": "{ name other }" }), json!([{ "query": "{ name }" }, { "query": "{ other }" }])] {
        let response = routed.post(&body).send().await.unwrap();
        let headers = response.headers();
        let mut costs: Vec<_> = headers.get_all("x-cost").iter().collect();
        costs.sort();
        assert_eq!(costs, ["3", "4"], "{body}");
        assert_ne!(headers["x-correlation-id"], "forged");
        assert!(!headers.contains_key("server") && !headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_socket_brings_the_headers_of_its_upgrade_and_what_its_first_message_may_add() {
    let (instance, routed) = routed(&["x-tenant", "x-region"]).await;
    let mut request = format!("ws://{}/graphql/ws", routed.address).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    request.headers_mut().insert("x-tenant", "a".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "region": "eu", "x-tenant": "forged" } });
    let query = json!({ "type": "subscribe", "id": "1", "payload": { "query": "{ name }" } });
    let subscription = json!({ "type": "subscribe", "id": "2", "payload": { "query": "subscription { ticked }" } });
    for message in [init, query, subscription] {
        socket.send(Message::text(message.to_string())).await.unwrap();
    }
    let mut events = 0;
    while events < 2 {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("the socket was closed") };
        events += usize::from(text.contains("\"next\""));
    }
    let seen = instance.script.seen();
    assert_eq!(seen.len(), 2);
    for call in seen {
        assert_eq!(told(&call.headers, "x-tenant"), Some("a"), "{}", call.query);
        assert_eq!(told(&call.headers, "x-region"), Some("eu"), "{}", call.query);
    }
}

#[tokio::test]
async fn callers_who_differ_in_a_forwarded_header_never_share_a_stream() {
    let (instance, routed) = routed(&["x-tenant"]).await;
    let mut open = Vec::new();
    for (tenant, other) in [("a", "1"), ("b", "1"), ("a", "2")] {
        let request = routed.post(&json!({ "query": "subscription { ticked }" }));
        let request = request.header("accept", "text/event-stream").header("x-tenant", tenant).header("x-other", other);
        let mut response = request.send().await.unwrap();
        if open.len() < 2 {
            // Its upstream is there before the next one asks.
            assert!(String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("ticked"));
        }
        open.push(response);
    }
    let upstreams = || {
        let seen = instance.script.seen();
        seen.iter().map(|call| told(&call.headers, "x-tenant").unwrap().to_owned()).collect::<Vec<_>>()
    };
    until("two upstreams", async || upstreams().len() == 2).await;
    // Whoever would need an upstream of its own has had the time to get one when a further query is answered.
    let answer: Value = routed.ask("{ name }").await;
    assert_eq!(answer["data"]["name"], "one");
    let sockets = instance.script.seen().into_iter().filter(|call| call.query == "socket");
    let tenants: Vec<_> = sockets.map(|call| told(&call.headers, "x-tenant").unwrap().to_owned()).collect();
    assert_eq!(tenants, ["a", "b"], "only equal callers share one");
}
