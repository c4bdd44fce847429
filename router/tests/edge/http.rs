//! Queries and mutations over HTTP.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::over_both_transports;
use crate::support::raw::send_whole;
use crate::support::{PARTNER, PATIENCE, Platform, Settings, Transport};

const SPECIFIED: &str = "application/graphql-response+json";

over_both_transports!(queries_and_mutations_reach_all_subgraphs, a_subgraph_sees_where_a_request_comes_from);

async fn queries_and_mutations_reach_all_subgraphs(transport: Transport) {
    let platform = Platform::start(transport).await;
    let body = json!({
        "query": "mutation Write($text: String!) { write(text: $text, author: \"2\") { text author { name } } } query Other { notes { id } }",
        "operationName": "Write",
        "variables": { "text": "hello" },
    });
    let answer: Value = platform.post(&body).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "data": { "write": { "text": "hello", "author": { "name": "bob" } } } }));
    let answer: Value =
        platform.get("{ account(id: 2) { name notes { text } } }").send().await.unwrap().json().await.unwrap();
    assert_eq!(answer, json!({ "data": { "account": { "name": "bob", "notes": [{ "text": "hello" }] } } }));
}

async fn a_subgraph_sees_where_a_request_comes_from(transport: Transport) {
    let platform = Platform::start(transport).await;
    let id = "0190a6f0-0000-7000-8000-000000000001";
    let request = platform.post(&json!({ "query": "{ trail }" })).header("x-correlation-id", id);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-correlation-id"], id);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["data"]["trail"], format!("{id} from 127.0.0.1"));
}

#[tokio::test]
async fn a_get_cannot_change_anything() {
    let platform = Platform::start(Transport::InProcess).await;
    for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
        let mut url: url::Url = platform.url().parse().unwrap();
        url.query_pairs_mut().append_pair("query", "mutation { rename(id: 1, name: \"eve\") { id } }");
        let response = reqwest::Client::new().request(method, url).send().await.unwrap();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["allow"], "POST");
    }
    assert_eq!(platform.ask("{ account(id: 1) { name } }").await["data"]["account"]["name"], "ada");
}

#[tokio::test]
async fn statuses_follow_the_media_type() {
    let platform = Platform::start(Transport::InProcess).await;
    let cases = [
        ("{ accounts { id } }", 200, 200),
        // Fails while it runs: the request was good.
        ("{ refusal }", 200, 200),
        ("{ noSuchField }", 400, 200),
        ("query ($id: ID!) { account(id: $id) { id } }", 400, 200),
        ("{ accounts {", 400, 200),
    ];
    for (document, specified, older) in cases {
        for (media_type, status) in [(SPECIFIED, specified), ("application/json", older)] {
            let response =
                platform.post(&json!({ "query": document })).header(ACCEPT, media_type).send().await.unwrap();
            assert_eq!(response.status(), status, "{document} as {media_type}");
            let content_type = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
            assert_eq!(content_type, format!("{media_type}; charset=utf-8"));
            assert_eq!(response.headers()["cache-control"], "no-store");
            let answer: Value = response.json().await.unwrap();
            assert_eq!(answer.get("data").is_some(), specified == 200, "no data for what never ran: {answer}");
        }
    }
    let response = platform.post(&json!({ "query": "{ trail }" })).header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(response.status(), 406);
}

#[tokio::test]
async fn another_sites_form_cannot_post() {
    let platform = Platform::start(Transport::InProcess).await;
    let body = json!({ "query": "mutation { rename(id: 1, name: \"eve\") { id } }" }).to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let request = reqwest::Client::new().post(platform.url()).header(CONTENT_TYPE, media_type);
        let response = request.body(body.clone()).send().await.unwrap();
        assert_eq!(response.status(), 415, "{media_type}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNSUPPORTED_MEDIA_TYPE");
    }
    assert_eq!(platform.ask("{ account(id: 1) { name } }").await["data"]["account"]["name"], "ada");
}

#[tokio::test]
async fn browsers_learn_which_sites_may_call() {
    let platform = Platform::start(Transport::InProcess).await;
    let question = async |origin: &str| {
        let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, platform.url());
        let request = request.header("origin", origin).header("access-control-request-method", "POST");
        let response = request.header("access-control-request-headers", "content-type").send().await.unwrap();
        response.headers().get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_owned())
    };
    assert_eq!(question(PARTNER).await.as_deref(), Some(PARTNER));
    assert_eq!(question("https://evil.example.com").await, None);
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let platform = Platform::start(Transport::InProcess).await;
    let response = platform.get("{ trail }").send().await.unwrap();
    let headers = response.headers();
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
    assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
    let policy = headers["content-security-policy"].to_str().unwrap();
    for rule in ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'self'", "form-action 'self'"] {
        assert!(policy.contains(rule), "{rule}: {policy}");
    }
}

#[tokio::test]
async fn answers_are_packed_for_those_who_can_unpack_them_and_streams_are_not() {
    let platform = Platform::start(Transport::InProcess).await;
    let question = json!({ "query": "{ accounts { name } }" });
    let coding = async |accepted: &str| {
        let response = platform.post(&question).header("accept-encoding", accepted).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.headers().get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned())
    };
    assert_eq!(coding("gzip").await.as_deref(), Some("gzip"));
    assert_eq!(coding("br").await.as_deref(), Some("br"));
    assert_eq!(coding("identity").await, None);
    for (accepted, kind) in
        [("text/event-stream", "text/event-stream"), ("multipart/mixed;subscriptionSpec=1.0", "multipart/mixed")]
    {
        let asked = platform.post(&json!({ "query": "subscription { noteAdded { text } }" }));
        let stream = asked.header("accept", accepted).header("accept-encoding", "gzip, br").send().await.unwrap();
        assert!(stream.headers()["content-type"].to_str().unwrap().starts_with(kind), "{stream:?}");
        assert!(!stream.headers().contains_key("content-encoding"), "{accepted}: each event is to arrive at once");
    }
}

#[tokio::test]
async fn a_batch_is_answered_in_its_order_and_has_a_limit() {
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(|limits| limits.batch = 3)).await;
    let batch = json!([
        { "query": "{ account(id: 1) { name } }" },
        { "query": "{ noSuchField }" },
        { "query": "subscription { noteAdded { id } }" },
    ]);
    let response = platform.post(&batch).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answers: Value = response.json().await.unwrap();
    assert_eq!(answers.as_array().unwrap().len(), 3);
    assert_eq!(answers[0], json!({ "data": { "account": { "name": "ada" } } }));
    assert!(answers[1].get("data").is_none() && answers[1]["errors"].is_array());
    assert_eq!(answers[2]["errors"][0]["extensions"]["code"], "NOT_ACCEPTABLE");

    let too_long = Value::Array(vec![json!({ "query": "{ trail }" }); 4]);
    let response = platform.post(&too_long).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BATCH_SIZE");
}

#[tokio::test]
async fn batches_can_be_refused() {
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(|limits| limits.batch = 1)).await;
    let response = platform.post(&json!([{ "query": "{ trail }" }])).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BATCHING_NOT_SUPPORTED");
}

#[tokio::test]
async fn a_body_has_a_limit() {
    let platform =
        Platform::start_with(Settings::new(Transport::InProcess).limits(|limits| limits.body_bytes = 1000)).await;
    let response = platform.post(&json!({ "query": "x".repeat(2000) })).send().await.unwrap();
    assert_eq!(response.status(), 413);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn who_sends_too_much_hears_of_it_after_having_sent_it_all() {
    let platform =
        Platform::start_with(Settings::new(Transport::InProcess).limits(|limits| limits.body_bytes = 1000)).await;
    let body = vec![b' '; 30_000_000];
    let chunked = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    for (frame, body) in
        [(format!("content-length: {}", body.len()), body), ("transfer-encoding: chunked".to_owned(), chunked)]
    {
        let head = format!("POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{frame}\r\n\r\n");
        let answer = send_whole(&platform, &head, &body).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("PAYLOAD_TOO_LARGE"), "{frame}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_never_arrives_is_given_up() {
    let brief =
        |limits: &mut cloudphone_router::protection::Limits| limits.request_timeout = Duration::from_millis(100);
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(brief)).await;
    let mut connection = TcpStream::connect(platform.address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    timeout(PATIENCE, connection.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up() {
    let brief =
        |limits: &mut cloudphone_router::protection::Limits| limits.request_timeout = Duration::from_millis(100);
    let platform = Platform::start_with(Settings::new(Transport::InProcess).limits(brief)).await;
    let answer = platform.ask("{ held }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "GATEWAY_TIMEOUT", "{answer}");
}

#[tokio::test]
async fn a_subscription_needs_a_connection_that_can_stream() {
    let platform = Platform::start(Transport::InProcess).await;
    let response = platform.post(&json!({ "query": "subscription { noteAdded { id } }" })).send().await.unwrap();
    assert_eq!(response.status(), 406);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_ACCEPTABLE");
}

#[tokio::test]
async fn a_refused_request_leaves_its_connection_usable() {
    let platform = Platform::start(Transport::InProcess).await;
    let refused = [("content-type: text/plain", 415), ("accept: text/html\r\ncontent-type: application/json", 406)];
    let mut connection = BufReader::new(TcpStream::connect(platform.address).await.unwrap());
    for (header, status) in refused.into_iter().cycle().take(6) {
        let head = format!("POST /graphql HTTP/1.1\r\nhost: x\r\n{header}\r\ncontent-length: 4000\r\n\r\n");
        connection.write_all(head.as_bytes()).await.unwrap();
        // The body comes late, when the router may have its answer already.
        tokio::task::yield_now().await;
        connection.write_all(&[b' '; 4000]).await.unwrap();
        let mut lines = String::new();
        while !lines.ends_with("\r\n\r\n") {
            assert!(timeout(PATIENCE, connection.read_line(&mut lines)).await.unwrap().unwrap() > 0, "closed: {lines}");
        }
        assert!(lines.starts_with(&format!("HTTP/1.1 {status}")), "{lines}");
        let length = lines.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        timeout(PATIENCE, connection.read_exact(&mut body)).await.unwrap().unwrap();
    }
}
