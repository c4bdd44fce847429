//! How connections to a subgraph over plain HTTP are kept, found closed, and replaced.
#![allow(clippy::unwrap_used)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use cloudphone_execution::{
    RequestContext, SubgraphError, SubgraphRequest, SubgraphResponse, SubgraphService,
    subgraphs::http::{HttpOptions, HttpSubgraph},
};
use cloudphone_planning::OperationKind;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// What the server does with one request.
#[derive(Clone, Copy)]
enum Manner {
    Answers,
    AnswersAndCloses,
    ClosesInstead,
}

/// A server that treats the requests of each connection in turn by its list of manners.
struct Server {
    subgraph: HttpSubgraph,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start(manners: &'static [&'static [Manner]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}/graphql", listener.local_addr().unwrap()).parse().unwrap();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (accepted, read) = (Arc::clone(&connections), Arc::clone(&requests));
        tokio::spawn(async move {
            for manners in manners {
                let (stream, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, manners, Arc::clone(&read)));
            }
        });
        Self { subgraph: HttpSubgraph::new(HttpOptions::new(url)).unwrap(), connections, requests }
    }

    async fn call(&self, kind: OperationKind) -> Result<SubgraphResponse, SubgraphError> {
        let request = SubgraphRequest {
            subgraph: "a subgraph".into(),
            query: "{a}".into(),
            operation_name: None,
            variables: "{}".into(),
            kind,
            position: None,
            context: Arc::new(RequestContext::new("a request")),
        };
        self.subgraph.execute(request).await
    }
}

async fn serve(mut stream: TcpStream, manners: &[Manner], requests: Arc<AtomicUsize>) {
    for manner in manners {
        let mut seen = Vec::new();
        while !seen.ends_with(b"{\"query\":\"{a}\"}") {
            let mut buffer = [0; 1024];
            let Ok(length @ 1..) = stream.read(&mut buffer).await else { return };
            seen.extend_from_slice(&buffer[..length]);
        }
        requests.fetch_add(1, Ordering::SeqCst);
        if matches!(manner, Manner::ClosesInstead) {
            return;
        }
        let body = "{\"data\":{\"a\":1}}";
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        // In two pieces, so that a body need not come with its head.
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        if matches!(manner, Manner::AnswersAndCloses) {
            return;
        }
    }
    // Whoever connects again is answered by the next connection's manners.
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_connection_is_used_again() {
    use Manner::Answers;
    let server = Server::start(&[&[Answers, Answers, Answers]]).await;
    for _ in 0..3 {
        let answer = server.call(OperationKind::Query).await.unwrap();
        assert_eq!(&answer.body[..], b"{\"data\":{\"a\":1}}");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_it_rested_is_replaced() {
    use Manner::{Answers, AnswersAndCloses};
    let server = Server::start(&[&[AnswersAndCloses], &[Answers]]).await;
    server.call(OperationKind::Query).await.unwrap();
    server.call(OperationKind::Query).await.unwrap();
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_query_that_was_never_answered_is_asked_again_on_a_fresh_connection() {
    use Manner::{Answers, ClosesInstead};
    let server = Server::start(&[&[Answers, ClosesInstead], &[Answers]]).await;
    server.call(OperationKind::Query).await.unwrap();
    server.call(OperationKind::Query).await.unwrap();
    assert_eq!(server.requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_mutation_that_may_have_run_is_not_sent_twice() {
    use Manner::{Answers, ClosesInstead};
    let server = Server::start(&[&[Answers, ClosesInstead], &[Answers]]).await;
    server.call(OperationKind::Query).await.unwrap();
    let lost = server.call(OperationKind::Mutation).await.unwrap_err();
    assert!(matches!(lost, SubgraphError::Unreachable(_)), "{lost}");
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn many_calls_at_once_have_a_connection_each() {
    use Manner::Answers;
    let server = Server::start(&[&[Answers, Answers], &[Answers, Answers], &[Answers, Answers]]).await;
    let call = || server.call(OperationKind::Query);
    let (first, second, third) = tokio::join!(call(), call(), call());
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(server.connections.load(Ordering::SeqCst), 3);
    call().await.unwrap();
    assert_eq!(server.connections.load(Ordering::SeqCst), 3, "one of the three is used again");
}
