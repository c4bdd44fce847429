//! Presigned addresses outlive a restart of the embedded storage on a port of its own choice.

use std::net::{SocketAddr, TcpListener};

use serde_json::{Value, json};
use url::Url;

use crate::support::{Builder, Client, apps, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_presigned_before_a_power_cut_is_good_after_it() {
    let platform = Builder::new().start().await;
    let admin = platform.admin().await.client;
    let application = apps::publish(&admin, apps::LANTERN_1).await;
    let download = download_address(&admin, &application).await;
    let upload = apps::start(&admin, apps::LANTERN_2).await;
    let input = json!({ "uploadId": upload["id"], "partNumbers": [1] });
    let part = admin.change("presignUploadParts", &input, "urls { url }").await["urls"][0]["url"].clone();

    let mut platform = platform.crash_and_restart().await;
    assert_eq!(fetch(&download).await, apps::LANTERN_1);
    let sent = reqwest::Client::new().put(text(&part)).body(apps::LANTERN_2.to_vec()).send().await.unwrap();
    assert!(sent.status().is_success(), "{sent:?}");
    let admin = platform.admin().await.client;
    apps::complete(&admin, &upload).await;
    assert_eq!(apps::settled(&admin, &upload["id"]).await["status"], "READY");

    // Somebody else has the port at the next start.
    let (status, _) = platform.program.terminate(20).await;
    assert!(status.success());
    let port = Url::parse(&download).unwrap().port().unwrap();
    let taken = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    let mut platform = platform.builder.clone().start().await;
    let said = platform.program.stderr();
    assert!(said.contains("storage takes another port") && said.contains(&port.to_string()), "{said}");
    let admin = platform.admin().await.client;
    let elsewhere = download_address(&admin, &application).await;
    assert_ne!(Url::parse(&elsewhere).unwrap().port(), Some(port));
    assert_eq!(fetch(&elsewhere).await, apps::LANTERN_1, "addresses made now are good");

    // Once the port is free, the old addresses are good again.
    let (status, _) = platform.program.terminate(20).await;
    assert!(status.success());
    drop(taken);
    let _platform = platform.builder.clone().start().await;
    assert_eq!(fetch(&download).await, apps::LANTERN_1);
}

async fn download_address(client: &Client, application: &str) -> String {
    let query = "query($id: ID!) { application(id: $id) { downloadUrl } }";
    let found: Value = client.ask(query, json!({ "id": application })).await;
    text(&found["application"]["downloadUrl"]).to_owned()
}

async fn fetch(address: &str) -> Vec<u8> {
    let answer = reqwest::get(address).await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    answer.bytes().await.unwrap().to_vec()
}
