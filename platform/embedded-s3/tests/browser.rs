//! What a page in a browser does: preflights, presigned uploads and downloads from another origin.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use common::{BUCKET, TestStore};
use reqwest::{Client, Method, StatusCode};

const ORIGIN: &str = "https://console.example.com";

fn minutes(minutes: u64) -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(minutes)).unwrap()
}

async fn presigned_put(store: &TestStore, key: &str) -> String {
    let put = store.client().put_object().bucket(BUCKET).key(key).presigned(minutes(5)).await.unwrap();
    put.uri().to_owned()
}

#[tokio::test]
async fn a_page_uploads_by_a_presigned_url_after_a_preflight() {
    let store = TestStore::start().await;
    let url = presigned_put(&store, "from browser.apk").await;
    let http = Client::new();
    let preflight = http
        .request(Method::OPTIONS, &url)
        .header("origin", ORIGIN)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-amz-meta-name")
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_success(), "{}", preflight.status());
    let header = |name: &str| preflight.headers()[name].to_str().unwrap().to_ascii_lowercase();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("put"));
    assert_eq!(header("access-control-allow-headers"), "content-type,x-amz-meta-name");

    let upload = http.put(&url).header("origin", ORIGIN).header("content-type", "application/zip").body("apk");
    let upload = upload.send().await.unwrap();
    assert_eq!(upload.status(), StatusCode::OK);
    assert!(upload.headers().contains_key("etag"));
    let exposed = upload.headers()["access-control-expose-headers"].to_str().unwrap().to_ascii_lowercase();
    assert!(exposed.split(',').any(|name| name.trim() == "etag"), "{exposed}");

    let get = store.client().get_object().bucket(BUCKET).key("from browser.apk").presigned(minutes(5)).await.unwrap();
    let download = http.get(get.uri()).header("origin", ORIGIN).header("range", "bytes=1-").send().await.unwrap();
    assert_eq!(download.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(download.headers()["content-type"], "application/zip");
    assert_eq!(download.headers()["access-control-allow-origin"], "*");
    assert_eq!(download.text().await.unwrap(), "pk");
    store.stop().await;
}

#[tokio::test]
async fn a_part_is_uploaded_by_a_presigned_url() {
    let store = TestStore::start().await;
    let client = store.client();
    let upload = client.create_multipart_upload().bucket(BUCKET).key("big").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let part = client.upload_part().bucket(BUCKET).key("big").upload_id(id).part_number(1);
    let part = part.presigned(minutes(5)).await.unwrap();
    let answer = Client::new().put(part.uri()).body("content").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let parts = client.list_parts().bucket(BUCKET).key("big").upload_id(id).send().await.unwrap();
    assert_eq!(parts.parts()[0].e_tag(), Some(answer.headers()["etag"].to_str().unwrap()));
    store.stop().await;
}

#[tokio::test]
async fn a_presigned_url_is_good_for_its_own_request_only() {
    let store = TestStore::start().await;
    let http = Client::new();
    let url = presigned_put(&store, "mine").await;
    let elsewhere = url.replace("/mine?", "/theirs?");
    assert_eq!(http.put(elsewhere).body("x").send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(http.get(&url).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(http.delete(&url).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let longer = url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000");
    assert_eq!(http.put(longer).body("x").send().await.unwrap().status(), StatusCode::FORBIDDEN);

    let an_hour_ago = std::time::SystemTime::now() - Duration::from_hours(1);
    let expired = PresigningConfig::builder().start_time(an_hour_ago).expires_in(Duration::from_mins(5));
    let expired = store.client().put_object().bucket(BUCKET).key("mine").presigned(expired.build().unwrap());
    let answer = http.put(expired.await.unwrap().uri()).body("x").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(store.client().head_object().bucket(BUCKET).key("mine").send().await.is_err());
    store.stop().await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_the_old_object() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let store = TestStore::start().await;
    let http = Client::new();
    http.put(presigned_put(&store, "key").await).body("old").send().await.unwrap().error_for_status().unwrap();
    let url = reqwest::Url::parse(&presigned_put(&store, "key").await).unwrap();
    let address = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "PUT {}?{} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 5000000\r\n\r\n",
        url.path(),
        url.query().unwrap()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&vec![b'n'; 2_000_000]).await.unwrap();
    common::eventually("the arrival of the first half", || store.drafts() == 1).await;
    socket.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    common::eventually("the removal of the half", || store.drafts() == 0).await;
    let get = store.client().get_object().bucket(BUCKET).key("key").presigned(minutes(5)).await.unwrap();
    assert_eq!(http.get(get.uri()).send().await.unwrap().text().await.unwrap(), "old");
    store.stop().await;
}
