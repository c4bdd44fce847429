//! The outbox before real sockets that take little at once.

#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{BYTES, MESSAGES, Outbox, Pushed};
use crate::clients::envelope::{Envelope, Message, Wire};
use crate::clients::websocket::bytes::ByteStream;
use crate::clients::websocket::frame;
use crate::streams::Gathered as _;

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_mins(1);
/// What the kernel may hold for a socket in each direction, about.
const KERNEL_BYTES: u32 = 4096;

/// An outbox before a socket with small buffers, its task, and the client's end.
async fn connection() -> (Arc<Outbox>, JoinHandle<()>, TcpStream) {
    let listening = TcpSocket::new_v4().unwrap();
    listening.set_recv_buffer_size(KERNEL_BYTES).unwrap();
    listening.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener: TcpListener = listening.listen(1).unwrap();
    let server = TcpSocket::new_v4().unwrap();
    server.set_send_buffer_size(KERNEL_BYTES).unwrap();
    let server = server.connect(listener.local_addr().unwrap()).await.unwrap();
    let (client, _) = listener.accept().await.unwrap();
    let out = Outbox::of_socket(ByteStream::Socket(server));
    let own = Arc::clone(&out);
    let task = tokio::spawn(async move { poll_fn(|context| own.poll_write(context)).await });
    (out, task, client)
}

/// Reads frames of a server, piece by piece.
async fn next_frame(client: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    client.read_exact(&mut head).await.unwrap();
    let length = match head[1] {
        126 => usize::from(client.read_u16().await.unwrap()),
        127 => usize::try_from(client.read_u64().await.unwrap()).unwrap(),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    for piece in payload.chunks_mut(1000) {
        client.read_exact(piece).await.unwrap();
    }
    (head[0], payload)
}

fn event(number: usize, bytes: usize) -> Bytes {
    Bytes::from(format!("{{\"number\":{number},\"text\":\"{}\"}}", "x".repeat(bytes)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_stay_whole_and_in_order_however_little_the_socket_takes() {
    const SENDERS: usize = 4;
    const EACH: usize = 200;
    let (out, task, mut client) = connection().await;
    for sender in 0..SENDERS {
        let out = Arc::clone(&out);
        tokio::spawn(async move {
            let envelope = Envelope::new(Wire::WebSocket, &sender.to_string());
            for number in 0..EACH {
                // All three forms of a length, and more than the socket takes at once.
                let bytes = [10, 300, 5000, 70_000][(number + sender) % 4];
                assert!(out.send(envelope.next(&event(number, bytes))).await);
                if number % 10 == 0 {
                    out.ping();
                    out.pong(frame::pong(b"between"));
                }
            }
        });
    }
    let (mut next, mut control) = ([0; SENDERS], 0);
    while next != [EACH; SENDERS] {
        let (first, payload) = timeout(PATIENCE, next_frame(&mut client)).await.unwrap();
        if first != 0x81 {
            assert!((first == 0x89 && payload.is_empty()) || (first == 0x8A && payload == b"between"), "{first:x}");
            control += 1;
            continue;
        }
        let message: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        let sender: usize = message["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(message["payload"]["number"], next[sender], "of sender {sender}");
        next[sender] += 1;
    }
    assert!(control > 0, "control frames come between messages");
    out.close(frame::close(1001, "bye"));
    loop {
        let (first, payload) = timeout(PATIENCE, next_frame(&mut client)).await.unwrap();
        if first == 0x88 {
            assert_eq!(payload, b"\x03\xE9bye");
            break;
        }
    }
    drop(client);
    drop(out);
    task.abort();
}

#[tokio::test]
async fn a_reader_that_stalls_costs_a_bounded_amount() {
    for bytes in [10, BYTES / 3] {
        let (out, _task, client) = connection().await;
        let mut taken = 0;
        loop {
            match out.push(Message::from(event(taken, bytes))) {
                Pushed::Due => out.flush(),
                Pushed::Queued => {}
                Pushed::Full(_) => break,
                Pushed::Gone => panic!("the client is there"),
            }
            taken += 1;
            assert!(taken < 100_000, "there is an end");
        }
        let state = out.state.lock();
        assert!(state.messages <= MESSAGES && state.bytes <= BYTES, "{} bytes wait", state.bytes);
        assert!(state.blocked.is_some());
        drop(state);
        drop(client);
    }
}

#[tokio::test]
async fn who_waits_for_room_goes_on_when_there_is_some_or_the_connection_is_over() {
    let (out, task, mut client) = connection().await;
    let filling = Arc::clone(&out);
    let sender = tokio::spawn(async move {
        let mut sent = 0;
        while sent < 1000 && filling.send(Message::from(event(sent, 1000))).await {
            sent += 1;
        }
        sent
    });
    for number in 0..1000 {
        let (_, payload) = timeout(PATIENCE, next_frame(&mut client)).await.unwrap();
        assert_eq!(payload, event(number, 1000));
    }
    assert_eq!(timeout(PATIENCE, sender).await.unwrap().unwrap(), 1000);

    let filling = Arc::clone(&out);
    let sender = tokio::spawn(async move { while filling.send(Message::from(event(0, 1000))).await {} });
    drop(client);
    timeout(PATIENCE, task).await.expect("its task ends with the connection").unwrap();
    timeout(PATIENCE, sender).await.expect("nobody waits for a connection that is gone").unwrap();
    assert!(matches!(out.push(Message::from(event(0, 1))), Pushed::Gone));
}

#[tokio::test]
async fn what_was_put_in_before_a_flush_is_one_write() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (client, _) = listener.accept().await.unwrap();
    let out = Outbox::of_socket(ByteStream::Socket(server));
    let mut length = 0;
    for number in 0..MESSAGES {
        let pushed = out.push(Envelope::new(Wire::WebSocket, "1").next(&event(number, 100)));
        assert!(if number == 0 { matches!(pushed, Pushed::Due) } else { matches!(pushed, Pushed::Queued) });
        length += 2 + 2 + out.state.lock().frames[number].message.len();
    }
    let mut writes = 0;
    out.write(false, |slices| {
        writes += 1;
        out.stream().unwrap().try_write(slices)
    });
    assert_eq!(writes, 1);
    client.readable().await.unwrap();
    let mut read = vec![0; 2 * length];
    assert_eq!(client.try_read(&mut read).unwrap(), length);
    let state = out.state.lock();
    assert!(state.frames.capacity() == 0 && state.messages == 0 && state.bytes == 0, "nothing is kept");
}

#[tokio::test(start_paused = true)]
async fn what_many_streams_have_for_a_connection_at_once_is_one_write() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (client, _) = listener.accept().await.unwrap();
    let out = Outbox::of_socket(ByteStream::Socket(server));
    let own = Arc::clone(&out);
    let _task = tokio::spawn(async move { poll_fn(|context| own.poll_write(context)).await });
    let envelope = Envelope::new(Wire::WebSocket, "1");
    let put = |number| match out.push(envelope.next(&event(number, 10))) {
        Pushed::Due => out.flush(),
        Pushed::Queued => {}
        Pushed::Full(_) | Pushed::Gone => panic!("there is room"),
    };
    // Its task has begun.
    while out.state.lock().owner.is_none() {
        tokio::task::yield_now().await;
    }
    put(0);
    assert!(out.is_done(), "the first is not held back");
    for number in 1..=20 {
        put(number);
    }
    assert_eq!(out.state.lock().messages, 20, "others may have more");
    let (mut read, mut pieces) = (Vec::with_capacity(64 * 1024), 0);
    while read.windows(8).filter(|bytes| bytes == b"\"number\"").count() < 21 || !read.ends_with(b"}}") {
        client.readable().await.unwrap();
        pieces += usize::from(client.try_read_buf(&mut read).is_ok());
    }
    assert!(pieces <= 2, "{pieces} pieces");
}

#[tokio::test]
async fn messages_can_be_taken_where_there_is_no_socket() {
    let out = Outbox::of_messages();
    let envelope = Envelope::new(Wire::EventStream, "1");
    assert!(out.try_send(envelope.next(&event(1, 1))));
    let own = Arc::clone(&out);
    let taker = tokio::spawn(async move { (own.next().await, own.next().await, own.next().await) });
    assert!(out.send(envelope.complete()).await);
    while !out.is_done() {
        tokio::task::yield_now().await;
    }
    out.abandon();
    let taken = timeout(PATIENCE, taker).await.expect("whoever takes them is told of the end").unwrap();
    let expected = [envelope.next(&event(1, 1)), envelope.complete()].map(|message| Some(message.into_bytes()));
    assert_eq!([taken.0, taken.1], expected);
    assert_eq!(taken.2, None);
}
