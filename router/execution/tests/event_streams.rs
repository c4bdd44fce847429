//! Subscriptions of a subgraph as Server-Sent Events, written byte by byte over real sockets.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{net::SocketAddr, time::Duration};

use cloudphone_execution::{
    SubgraphService,
    subgraphs::event_stream::{EventStreamOptions, EventStreamSubgraph},
};
use common::upstream::{Events, fails, hears, hears_of_a_gap, request, within};
use futures::StreamExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server of which a test writes every byte.
struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    fn subgraph(&self, change: impl FnOnce(&mut EventStreamOptions)) -> EventStreamSubgraph {
        let mut options = EventStreamOptions::new(format!("http://{}/stream", self.address).parse().unwrap());
        options.recovery.first_pause = Duration::from_millis(10);
        change(&mut options);
        EventStreamSubgraph::new(options).unwrap()
    }

    /// The next request, and the connection to answer it on.
    async fn asked(&self) -> (String, TcpStream) {
        let (mut connection, _) = within("a request", self.listener.accept()).await.unwrap();
        connection.set_nodelay(true).unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"}") {
            let read = within("the request", connection.read_buf(&mut said)).await.unwrap();
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&said));
        }
        (String::from_utf8(said).unwrap(), connection)
    }

    /// The same with the head of a stream written.
    async fn opened(&self) -> (String, TcpStream) {
        let (said, mut connection) = self.asked().await;
        connection
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
            .await
            .unwrap();
        (said, connection)
    }
}

async fn subscribe(subgraph: &EventStreamSubgraph) -> Events {
    within("a stream", subgraph.subscribe(request("a", &[("authorization", "Bearer ada")]))).await.unwrap()
}

#[tokio::test]
async fn events_arrive_whatever_the_pieces_they_are_sent_in() {
    let server = Server::open().await;
    let subgraph = server.subgraph(|_| {});
    let (mut events, (said, mut connection)) = tokio::join!(subscribe(&subgraph), server.opened());
    assert!(said.starts_with("POST /stream HTTP/1.1\r\n"), "{said}");
    for header in ["accept: text/event-stream", "content-type: application/json", "authorization: Bearer ada"] {
        assert!(said.contains(header), "{said}");
    }
    assert!(said.ends_with("{\"query\":\"subscription { a: n }\"}"), "{said}");
    let stream = ":\r\n\r\nevent: next\r\ndata: {\"data\":{\"a\":\"ü\"}}\r\n\r\nevent: next\ndata: {\"data\":\ndata: 2}\n\n\
                  event: shout\ndata: x\n\nevent: complete\n\n";
    let write = async {
        for byte in stream.bytes() {
            connection.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let read = async {
        hears(&mut events, "{\"data\":{\"a\":\"ü\"}}").await;
        hears(&mut events, "{\"data\":\n2}").await;
        assert!(within("the end", events.next()).await.is_none());
    };
    tokio::join!(write, read);
}

#[tokio::test]
async fn a_lost_stream_is_asked_for_again_and_the_gap_is_told_once() {
    let server = Server::open().await;
    let subgraph = server.subgraph(|_| {});
    let (mut events, (_, mut connection)) = tokio::join!(subscribe(&subgraph), server.opened());
    connection.write_all(b"event: next\ndata: 1\n\nevent: next\ndata: cu").await.unwrap();
    hears(&mut events, "1").await;
    drop(connection);
    let (gap, (said, mut connection)) = tokio::join!(hears_of_a_gap(&mut events), server.opened());
    let () = gap;
    assert!(!said.contains("last-event-id"), "{said}");
    connection.write_all(b"event: next\ndata: 3\n\nevent: next\ndata: 4\n\nevent: complete\n\n").await.unwrap();
    hears(&mut events, "3").await;
    hears(&mut events, "4").await;
    assert!(within("the end", events.next()).await.is_none());
}

#[tokio::test]
async fn a_stream_that_can_be_resumed_goes_on_where_it_was_without_a_gap() {
    let server = Server::open().await;
    let subgraph = server.subgraph(|_| {});
    let (mut events, (_, mut connection)) = tokio::join!(subscribe(&subgraph), server.opened());
    connection
        .write_all(b"retry: 1\n\nid: 41\nevent: next\ndata: 1\n\nid: 42\nevent: next\ndata: 2\n\nid: 43\n")
        .await
        .unwrap();
    hears(&mut events, "1").await;
    hears(&mut events, "2").await;
    drop(connection);
    // Nobody needs to know that the second try fails.
    let again = async {
        let (_, mut connection) = server.asked().await;
        connection.write_all(b"HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let (said, mut connection) = server.opened().await;
        assert!(said.contains("last-event-id: 42\r\n"), "{said}");
        connection.write_all(b"id: 43\nevent: next\ndata: 3\n\nevent: complete\n\n").await.unwrap();
    };
    let read = async {
        hears(&mut events, "3").await;
        assert!(within("the end", events.next()).await.is_none());
    };
    tokio::join!(again, read);
}

#[tokio::test]
async fn silence_is_a_loss_where_the_subgraph_is_known_to_send_comments() {
    let server = Server::open().await;
    let subgraph = server.subgraph(|options| options.silence = Some(Duration::from_millis(200)));
    let (mut events, (_, mut silent)) = tokio::join!(subscribe(&subgraph), server.opened());
    let read = async {
        hears_of_a_gap(&mut events).await;
        hears(&mut events, "1").await;
    };
    let write = async {
        silent.write_all(b":\n\n").await.unwrap();
        let (_, mut connection) = server.opened().await;
        connection.write_all(b"event: next\ndata: 1\n\n").await.unwrap();
        connection
    };
    let ((), _connection) = tokio::join!(read, write);
}

#[tokio::test]
async fn what_cannot_be_run_is_told_and_what_is_no_stream_is_refused() {
    let server = Server::open().await;
    let subgraph = server.subgraph(|options| options.connect_timeout = Duration::from_millis(500));
    let answer = |head: &'static str, body: &'static str| {
        let server = &server;
        async move {
            let (_, mut connection) = server.asked().await;
            let length = body.len();
            let text = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            connection.write_all(text.as_bytes()).await.unwrap();
            connection
        }
    };
    let refusal = "{\"errors\":[{\"message\":\"no such field\"}]}";
    let (mut events, _open) =
        tokio::join!(subscribe(&subgraph), answer("400 Bad Request\r\ncontent-type: application/json", refusal));
    hears(&mut events, refusal).await;
    assert!(within("the end", events.next()).await.is_none());

    for (head, body, told) in [
        ("200 OK\r\ncontent-type: text/html", "<html>", "no event stream"),
        ("404 Not Found", "", "status 404"),
        ("302 Found\r\nlocation: http://127.0.0.1:1/", "", "status 302"),
    ] {
        let (refused, _open) = tokio::join!(subgraph.subscribe(request("a", &[])), answer(head, body));
        let Err(refused) = refused else { panic!("{head} was taken for a stream") };
        assert!(refused.to_string().contains(told), "{refused}");
    }
    // Accepts, and never answers.
    let (refused, _open) = tokio::join!(subgraph.subscribe(request("a", &[])), server.asked());
    let Err(refused) = refused else { panic!("silence was taken for a stream") };
    assert_eq!(refused.to_string(), "the service did not answer in time");
}

#[tokio::test]
async fn an_event_without_an_end_is_cut_off() {
    let server = Server::open().await;
    let subgraph = server.subgraph(|options| options.max_message_bytes = 10_000);
    let (mut events, (_, mut connection)) = tokio::join!(subscribe(&subgraph), server.opened());
    let flood = async { while connection.write_all(&[b'x'; 1000]).await.is_ok() {} };
    let told = async {
        assert!(fails(&mut events).await.contains("larger than 10000 bytes"));
        // The connection is closed, so that the flood ends as well.
        drop(events);
    };
    within("both", async { tokio::join!(flood, told) }).await;
}
