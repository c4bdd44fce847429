//! What the log says of a request, by whatever way it came.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::support::{eventually, holds};
use crate::wiring::site::Site;

const UPGRADE: &str = "019bc000-0000-7000-8000-00000000000a";
const REQUEST: &str = "019bc000-0000-7000-8000-00000000000b";

/// The lines about calls that failed, each of which has to be JSON.
fn failures(site: &Site) -> Vec<Value> {
    let lines: Vec<Value> = site.program.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["level"].is_string()), "{lines:?}");
    lines.into_iter().filter(|line| line["message"] == "a subgraph call failed").collect()
}

/// A WebSocket whose upgrade has a correlation id of its own, and one query on it.
async fn ask_on_a_socket(site: &Site) {
    let url = format!("{}/graphql/ws", site.client.base.replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    request.headers_mut().insert("x-correlation-id", UPGRADE.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let payload = json!({ "query": "{ now }" });
    for message in [json!({ "type": "connection_init" }), json!({ "type": "subscribe", "id": "1", "payload": payload })]
    {
        socket.send(Message::text(message.to_string())).await.unwrap();
    }
    let answered = async {
        while let Some(message) = socket.next().await {
            if message.unwrap().to_string().contains("complete") {
                return;
            }
        }
    };
    timeout(Duration::from_secs(20), answered).await.expect("it is answered");
}

#[tokio::test]
async fn every_line_of_an_operation_tells_which_request_it_is_of() {
    // Nobody listens at port 1.
    let nowhere = "[router.subgraphs.gate]\nurl = \"http://127.0.0.1:1/graphql\"\nretries = 0\n";
    let site = Site::start(&format!("[observability]\nlog_format = \"json\"\n{nowhere}")).await;
    ask_on_a_socket(&site).await;
    let asked = site.post(&json!({ "query": "{ now }" })).header("x-correlation-id", REQUEST).send().await.unwrap();
    assert_eq!(asked.headers()["x-correlation-id"], REQUEST);
    eventually(20, "both are in the log", async || holds(failures(&site).len() >= 2)).await;
    let lines = failures(&site);
    for (line, id) in lines.iter().zip([UPGRADE, REQUEST]) {
        assert_eq!(line["span"]["correlation_id"], id, "{line}");
        assert_eq!(line["level"], "WARN", "{line}");
    }
}
