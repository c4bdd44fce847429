//! What clients see when something behind the router fails.

use cloudphone_router::gateway::correlated_errors;
use serde_json::{Value, json};

use crate::over_both_transports;
use crate::support::socket::Socket;
use crate::support::{Platform, Settings, Transport};

over_both_transports!(a_failed_field_leaves_the_others_alone, inner_failures_stay_inside);

async fn a_failed_field_leaves_the_others_alone(transport: Transport) {
    let platform = Platform::start(transport).await;
    let answer = platform.ask("{ no: refusal account(id: 1) { name } }").await;
    assert_eq!(answer["data"], json!({ "no": null, "account": { "name": "ada" } }));
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["message"], "Come back tomorrow.");
    assert_eq!(errors[0]["path"], json!(["no"]), "the path is in the client's words");
    assert_eq!(errors[0]["extensions"]["code"], "CLOSED_TODAY");
    assert_eq!(errors[0]["extensions"]["service"], "accounts");
}

async fn inner_failures_stay_inside(transport: Transport) {
    let platform = Platform::start(transport).await;
    let response = platform.post(&json!({ "query": "{ fault }" })).send().await.unwrap();
    let id = response.headers()["x-correlation-id"].to_str().unwrap().to_owned();
    let answer: Value = response.json().await.unwrap();
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["fault"]));
    assert_eq!(error["message"], "The service \"accounts\" failed; try again in a moment.");
    let extensions = json!({ "code": "DOWNSTREAM_SERVICE_ERROR", "service": "accounts", "correlationId": id });
    assert_eq!(error["extensions"], extensions);
}

#[tokio::test]
async fn developers_see_inner_failures() {
    let settings = Settings { errors: correlated_errors(), ..Settings::new(Transport::InProcess) };
    let platform = Platform::start_with(settings).await;
    let answer = platform.ask("{ fault }").await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("10.0.0.7"));
}

#[tokio::test]
async fn every_error_leads_to_the_logs() {
    let platform = Platform::start(Transport::InProcess).await;
    platform.doorman.admit("known", &[], None);
    let id = "0190a6f0-0000-7000-8000-000000000002";
    let cases = [
        (json!({ "query": "{ noSuchField }" }), "known"),
        (json!({ "query": "{ accounts {" }), "known"),
        (json!({ "query": "query ($id: ID!) { account(id: $id) { id } }" }), "known"),
        (json!({ "query": "{ refusal }" }), "known"),
        (json!({ "query": "{ trail }" }), "unknown"),
        (json!({ "query": 7 }), "known"),
        (json!([]), "known"),
    ];
    for (body, token) in cases {
        let request = platform.post(&body).header("x-correlation-id", id).bearer_auth(token);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["correlationId"], id, "{body}: {answer}");
    }
}

#[tokio::test]
async fn while_a_subgraph_is_away_the_others_answer() {
    let mut platform = Platform::start(Transport::Network).await;
    platform.ask("mutation { write(text: \"kept\", author: \"1\") { id } }").await;
    let document = "{ notes { text author { id name } } }";
    let whole = json!([{ "text": "kept", "author": { "id": "1", "name": "ada" } }]);
    assert_eq!(platform.ask(document).await, json!({ "data": { "notes": whole } }));

    platform.accounts_process.as_mut().unwrap().kill();
    // Names may not be null, so that the loss spreads to the list, and no further than it has to.
    let answer = platform.ask("{ all: notes { text author { name } } }").await;
    assert_eq!(answer["data"], Value::Null, "{answer}");
    let answer = platform.ask("{ notes { text author { id } } account(id: 1) { name } }").await;
    assert_eq!(answer["data"], json!({ "notes": [{ "text": "kept", "author": { "id": "1" } }], "account": null }));
    let error = &answer["errors"][0];
    assert_eq!(error["path"], json!(["account"]));
    assert_eq!(error["extensions"]["code"], "DOWNSTREAM_SERVICE_ERROR");
    assert!(!answer.to_string().contains("refused"), "how it failed is for the logs");

    platform.accounts_process.as_mut().unwrap().restart();
    assert_eq!(platform.ask(document).await, json!({ "data": { "notes": whole } }), "nothing else was restarted");
}

#[tokio::test]
async fn a_live_subscription_outlives_a_subgraph_that_completes_its_events() {
    let mut platform = Platform::start(Transport::Network).await;
    let mut socket = Socket::session(&platform, None).await;
    socket.subscribe("1", "subscription { noteAdded { text author { notes { id } } } again: __typename }").await;
    let refused = socket.next().await;
    assert_eq!(refused["type"], "error", "a subscription has one root field: {refused}");

    socket.subscribe("2", "subscription { noteAdded { text author { id name } } }").await;
    platform.notes.listened_to_by(1).await;
    platform.accounts_process.as_mut().unwrap().kill();
    platform.notes.announce("first", "1");
    let event = socket.next().await;
    assert_eq!(event["type"], "next");
    assert_eq!(event["payload"]["errors"][0]["extensions"]["service"], "accounts", "{event}");

    platform.accounts_process.as_mut().unwrap().restart();
    platform.notes.announce("second", "1");
    let event = socket.next().await;
    let whole = json!({ "data": { "noteAdded": { "text": "second", "author": { "id": "1", "name": "ada" } } } });
    assert_eq!(event["payload"], whole);
}
