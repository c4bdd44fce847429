//! Bodies that unpack to more, and pages of other sites.

use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::{PARTNER, Platform, Transport};

async fn code(response: reqwest::Response) -> Value {
    response.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test]
async fn nothing_that_is_packed_is_unpacked() {
    let platform = Platform::start(Transport::InProcess).await;
    for coding in ["gzip", "br", "zstd", "deflate, gzip", "GZIP"] {
        let request = platform.post(&json!({ "query": "{ trail }" })).header("content-encoding", coding);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 415, "{coding}");
        assert_eq!(response.headers()["accept-encoding"], "identity");
        assert_eq!(code(response).await, "UNSUPPORTED_CONTENT_ENCODING");
    }
    let plain = platform.post(&json!({ "query": "{ trail }" })).header("content-encoding", "identity");
    assert_eq!(plain.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn another_sites_page_reads_and_opens_nothing() {
    let platform = Platform::start(Transport::InProcess).await;
    let evil = "https://evil.example.com";
    for (name, value) in [("origin", evil), ("cookie", "session=1"), ("sec-fetch-site", "cross-site")] {
        let response = platform.get("{ trail }").header(name, value).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}");
        assert_eq!(code(response).await, "CROSS_SITE_REQUEST");
        let asked = platform.get("{ trail }").header(name, value).header("apollo-require-preflight", "true");
        assert_eq!(asked.send().await.unwrap().status(), 200, "{name}");
    }
    let partner = platform.get("{ trail }").header("origin", PARTNER).send().await.unwrap();
    assert_eq!(partner.headers()["access-control-allow-origin"], PARTNER);
    assert_eq!(partner.status(), 200);
    for origin in [evil, "null", "http://127.0.0.1"] {
        assert_eq!(Socket::try_open(&platform, &[("origin", origin)]).await.err(), Some(403), "{origin}");
    }
}
