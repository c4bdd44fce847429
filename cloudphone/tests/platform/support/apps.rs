//! Applications as a console handles them: hashed, uploaded in parts straight to storage, published, installed.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Client, eventually, holds, text};

/// A signed package, version 1 of `com.cloudphone.lantern`.
pub const LANTERN_1: &[u8] = include_bytes!("../../../../subgraphs/apps/tests/fixtures/lantern-1.apk");
/// Its version 2.
pub const LANTERN_2: &[u8] = include_bytes!("../../../../subgraphs/apps/tests/fixtures/lantern-2.apk");

const UPLOAD: &str = "upload { id status partSizeBytes parts { number sizeBytes uploaded } application { id } }";

/// Begins the upload of a file.
pub async fn start(client: &Client, file: &[u8]) -> Value {
    let input = json!({ "fileName": "file.apk", "sizeBytes": file.len(), "sha256": sha256(file) });
    client.change("startApplicationUpload", &input, UPLOAD).await["upload"].clone()
}

/// Sends all parts of a file to storage.
pub async fn send(client: &Client, upload: &Value, file: &[u8]) {
    let size = usize::try_from(upload["partSizeBytes"].as_u64().unwrap()).unwrap();
    let numbers: Vec<&Value> = upload["parts"].as_array().unwrap().iter().map(|part| &part["number"]).collect();
    let input = json!({ "uploadId": upload["id"], "partNumbers": numbers });
    let given = client.change("presignUploadParts", &input, "urls { number url }").await;
    for (part, bytes) in given["urls"].as_array().unwrap().iter().zip(file.chunks(size)) {
        let answer = reqwest::Client::new().put(text(&part["url"])).body(bytes.to_vec()).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }
}

/// Says that all parts are there.
pub async fn complete(client: &Client, upload: &Value) -> Value {
    client.change("completeApplicationUpload", &json!({ "uploadId": upload["id"] }), UPLOAD).await["upload"].clone()
}

/// Waits until an upload has come to its end, good or bad.
pub async fn settled(client: &Client, id: &Value) -> Value {
    let query = "query($id: ID!) { applicationUpload(id: $id) { status failure { code } application { id } } }";
    eventually(60, "the upload is settled", async || {
        let upload = client.ask(query, json!({ "id": id })).await["applicationUpload"].clone();
        ["READY", "FAILED", "CANCELLED"].contains(&text(&upload["status"])).then_some(upload)
    })
    .await
}

/// Brings a file into the catalogue, and answers the application's id.
pub async fn publish(client: &Client, file: &[u8]) -> String {
    let upload = start(client, file).await;
    if upload["status"] != "READY" {
        send(client, &upload, file).await;
        complete(client, &upload).await;
    }
    let settled = settled(client, &upload["id"]).await;
    assert_eq!(settled["status"], "READY", "{settled}");
    text(&settled["application"]["id"]).to_owned()
}

/// Waits until an installation is of a status.
pub async fn reaches(client: &Client, installation: &str, status: &str) {
    let query = "{ installations(first: 100) { nodes { id status } } }";
    eventually(60, &format!("installation {installation} is {status}"), async || {
        let all = client.ask(query, json!({})).await["installations"]["nodes"].clone();
        holds(all.as_array().unwrap().iter().any(|one| one["id"] == installation && one["status"] == status))
    })
    .await;
}

/// As the platform wants it.
pub fn sha256(file: &[u8]) -> String {
    hex::encode(Sha256::digest(file))
}
