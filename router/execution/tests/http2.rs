//! A subgraph over HTTP/2 that says goodbye, or dies within an answer.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use cloudphone_execution::{
    RequestContext, SubgraphError, SubgraphRequest, SubgraphResponse, SubgraphService,
    subgraphs::http::{HttpOptions, HttpSubgraph, HttpVersion},
};
use cloudphone_planning::OperationKind;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::timeout,
};

const ANSWER: &str = "{\"data\":{\"n\":1}}";

/// What the first connection meets; the others get through.
#[derive(Clone, Copy)]
enum First {
    /// GOAWAY before the request was looked at, so that it may be sent elsewhere (RFC 9113 §6.8).
    Unseen,
    /// GOAWAY together with the answer: nothing may follow on this connection.
    Answered,
    /// The head of an answer, a part of its body, and the end.
    Killed,
}

/// A frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` in HPACK's static table (RFC 7541, appendix A).
const STATUS_200: u8 = 0x88;

fn go_away(last_stream: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last_stream.to_be_bytes(), [0; 4]].concat())
}

/// Reads the preface of a client and its frames until a request has come whole; tells its stream.
async fn requested(connection: &mut TcpStream) -> u32 {
    let mut preface = [0; 24];
    connection.read_exact(&mut preface).await.unwrap();
    assert!(preface.starts_with(b"PRI * HTTP/2.0"));
    connection.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    loop {
        let mut head = [0; 9];
        connection.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        connection.read_exact(&mut payload).await.unwrap();
        if head[3] <= HEADERS && head[4] & END_STREAM != 0 {
            return u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        }
    }
}

async fn serve(first: First) -> SocketAddr {
    let app = axum::Router::new().fallback(async || ANSWER);
    let real = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = real.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(real, app).await.unwrap() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let stream = requested(&mut connection).await;
        let head = frame(HEADERS, END_HEADERS, stream, &[STATUS_200]);
        let said = match first {
            First::Unseen => go_away(0),
            First::Answered => [head, frame(DATA, END_STREAM, stream, ANSWER.as_bytes()), go_away(stream)].concat(),
            First::Killed => [head, frame(DATA, 0, stream, &ANSWER.as_bytes()[..5])].concat(),
        };
        connection.write_all(&said).await.unwrap();
        connection.shutdown().await.unwrap();
        // Whatever the client still says is taken, so that it is no reset.
        let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = TcpStream::connect(target).await.unwrap();
                let _ended = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

async fn ask(subgraph: &HttpSubgraph) -> Result<SubgraphResponse, SubgraphError> {
    let request = SubgraphRequest {
        subgraph: "numbers".into(),
        query: "{ n }".into(),
        operation_name: None,
        variables: Bytes::from_static(b"{}"),
        kind: OperationKind::Query,
        position: None,
        context: Arc::new(RequestContext::new("test")),
    };
    timeout(Duration::from_secs(20), subgraph.execute(request)).await.expect("an answer comes")
}

async fn subgraph(first: First) -> HttpSubgraph {
    let mut options = HttpOptions::new(format!("http://{}/", serve(first).await).parse().unwrap());
    options.version = HttpVersion::Http2PriorKnowledge;
    HttpSubgraph::new(options).unwrap()
}

#[tokio::test]
async fn a_request_that_was_not_looked_at_before_a_goodbye_is_sent_elsewhere() {
    let subgraph = subgraph(First::Unseen).await;
    assert_eq!(ask(&subgraph).await.unwrap().body, ANSWER);
}

#[tokio::test]
async fn an_answer_beside_a_goodbye_counts_and_the_next_request_goes_elsewhere() {
    let subgraph = subgraph(First::Answered).await;
    assert_eq!(ask(&subgraph).await.unwrap().body, ANSWER);
    assert_eq!(ask(&subgraph).await.unwrap().body, ANSWER);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_the_next_request_goes_elsewhere() {
    let subgraph = subgraph(First::Killed).await;
    let broken = ask(&subgraph).await.unwrap_err();
    assert!(matches!(broken, SubgraphError::Unreachable(_)), "{broken}");
    assert_eq!(ask(&subgraph).await.unwrap().body, ANSWER);
}
