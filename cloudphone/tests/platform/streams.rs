//! Clients of HTTP/2 that keep their windows shut, or open and reset streams without end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use http::Request;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::gated::Site;
use crate::support::{eventually, holds};

/// Far beyond what the settings of these tests allow, for a machine that is busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// Streams that never read.
const STALLED: usize = 50;
/// Much less than the answers.
const WINDOW: u32 = 1000;

struct Connection {
    requests: SendRequest<Bytes>,
    served: JoinHandle<Result<(), h2::Error>>,
}

impl Connection {
    /// Opens one whose streams have a window of so many bytes. Pings are answered, as any client does.
    async fn open(site: &Site, window: u32) -> Self {
        let address: SocketAddr = site.client.base.trim_start_matches("http://").parse().unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let (requests, connection) = Builder::new().initial_window_size(window).handshake(stream).await.unwrap();
        Self { requests, served: tokio::spawn(connection) }
    }

    /// Asks, and hands back whatever comes.
    async fn ask(&mut self, site: &Site, query: &str) -> ResponseFuture {
        let mut ready = self.requests.clone().ready().await.unwrap();
        let request = Request::post(format!("{}/graphql", site.client.base));
        let request = request.header("content-type", "application/json").body(()).unwrap();
        let (answer, mut body) = ready.send_request(request, false).unwrap();
        body.send_data(json!({ "query": query }).to_string().into(), true).unwrap();
        answer
    }
}

/// Reads an answer as it comes, and makes room for more.
async fn read(answer: ResponseFuture) -> Value {
    let mut body: RecvStream = answer.await.unwrap().into_body();
    let mut text = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        text.extend_from_slice(&piece);
    }
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test]
async fn streams_that_never_read_are_reset_and_others_of_the_connection_go_on() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__WRITE_TIMEOUT_SECONDS", "2")]).await;
    let mut connection = Connection::open(&site, WINDOW).await;
    let mut stalled = Vec::new();
    for query in ["{ large }", "{ medium }"].repeat(STALLED / 2) {
        let answer = connection.ask(&site, query).await;
        stalled.push(timeout(PATIENCE, answer).await.unwrap().unwrap().into_body());
    }
    let large = timeout(PATIENCE, read(connection.ask(&site, "{ large }").await)).await.unwrap();
    assert_eq!(large["data"]["large"].as_str().unwrap().len(), 200_000, "whoever reads is served");
    let deadline = Instant::now() + PATIENCE;
    for mut body in stalled {
        // What fits into the window may come; it is never given back.
        let end = loop {
            match timeout(deadline - Instant::now(), body.data()).await.expect("it is reset") {
                Some(Ok(piece)) => assert!(piece.len() <= WINDOW as usize),
                Some(Err(error)) => break error,
                None => panic!("the answer ended before it was whole"),
            }
        };
        assert_eq!(end.reason(), Some(Reason::CANCEL), "{end}");
    }
    let again = timeout(PATIENCE, read(connection.ask(&site, "{ now }").await)).await.unwrap();
    assert_eq!(again["data"]["now"], 7, "the connection itself is well");
    let counted = async || holds(site.client.metric("cloudphone_http2_streams_stalled_total", "").await > 0.0);
    eventually(10, "the metrics tell", counted).await;
}

#[tokio::test]
async fn a_client_with_no_window_at_all_holds_no_stream_for_long() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__WRITE_TIMEOUT_SECONDS", "2")]).await;
    let mut connection = Connection::open(&site, 0).await;
    let mut body = timeout(PATIENCE, connection.ask(&site, "{ now }").await).await.unwrap().unwrap().into_body();
    let end = timeout(PATIENCE, body.data()).await.expect("it is reset").unwrap().unwrap_err();
    assert_eq!(end.reason(), Some(Reason::CANCEL));
}

#[tokio::test]
async fn a_question_that_takes_longer_than_writing_may_is_answered() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__WRITE_TIMEOUT_SECONDS", "1")]).await;
    let mut connection = Connection::open(&site, 65_535).await;
    let held = connection.ask(&site, "{ held }").await;
    site.asked.acquire().await.unwrap().forget();
    let pinged = async {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(3) {
            let now = connection.ask(&site, "{ now }").await;
            assert_eq!(read(now).await["data"]["now"], 7);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        site.opened.add_permits(1);
    };
    let (answer, ()) = tokio::join!(timeout(PATIENCE, read(held)), pinged);
    assert_eq!(answer.unwrap()["data"]["held"], 8);
}

#[tokio::test]
async fn streams_are_bounded_and_who_resets_them_without_end_is_sent_away() {
    let site = Site::start(&[("CLOUDPHONE_HTTP__MAX_CONCURRENT_STREAMS", "8")]).await;
    let mut connection = Connection::open(&site, 65_535).await;
    assert_eq!(timeout(PATIENCE, read(connection.ask(&site, "{ now }").await)).await.unwrap()["data"]["now"], 7);
    assert_eq!(connection.requests.current_max_send_streams(), 8, "as the server's settings say");
    let flood = async {
        while !connection.served.is_finished() {
            let Ok(mut ready) = connection.requests.clone().ready().await else { break };
            let request = Request::post(format!("{}/graphql", site.client.base)).body(()).unwrap();
            let Ok((answer, mut body)) = ready.send_request(request, false) else { break };
            body.send_reset(Reason::CANCEL);
            drop(answer);
            // What was asked has to be sent.
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, flood).await.expect("the connection ends");
    let end = timeout(PATIENCE, connection.served).await.expect("the connection ends").unwrap();
    let error = end.expect_err("by an error");
    // What the flood still sends may meet a closed socket, and the reset that answers it overtakes the reason.
    assert!(error.reason() == Some(Reason::ENHANCE_YOUR_CALM) || error.is_io(), "{error}");
    assert_eq!(site.client.ask("{ now }", json!({})).await["now"], 7, "nobody else notices");
}
