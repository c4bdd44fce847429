//! Requests that are meant to hurt: each is answered soon and with a clear code, and nobody else's request suffers.

mod documents;
mod http2;
mod smuggling;
mod transport;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Platform;

/// The longest that an attack may take, on a busy machine and without optimisation.
const SOON: Duration = Duration::from_secs(10);

/// Sends an attack while somebody else asks; gives the attack's status and answer.
async fn attack(platform: &Platform, body: &Value) -> (u16, Value) {
    let began = Instant::now();
    let request = platform.post(body).header("accept", "application/graphql-response+json").send();
    let bystander = platform.ask("{ account(id: 1) { name } }");
    let (response, bystander) = tokio::join!(request, bystander);
    assert_eq!(bystander, json!({ "data": { "account": { "name": "ada" } } }));
    let response = response.unwrap();
    let status = response.status().as_u16();
    let answer = response.json().await.unwrap();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    (status, answer)
}

/// The code with which a document is refused.
async fn refusal(platform: &Platform, document: &str) -> String {
    let (status, answer) = attack(platform, &json!({ "query": document })).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer.get("data").is_none());
    answer["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
}
