//! Entry points for hostile bytes: what the router reads of clients before it knows who they are, and what subgraphs stream to it.
//!
//! The fuzz targets in `router/fuzz` call these functions; the tests below call them with what is kept of fuzzing.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use cloudphone_execution::UploadContent;
use cloudphone_execution::subgraphs::event_stream::frames::{Frame, Frames, TooLarge};
use cloudphone_execution::subgraphs::websocket::message::{Dialect, ServerMessage};
use futures::stream;
use serde::de::IgnoredAny;
use tokio::runtime::{Builder, Runtime};

use crate::clients::{
    protocol::{ClientMessage, Close},
    request::{GraphQlParameters, MalformedRequest, RequestBody},
    uploads::{self, UploadLimits},
    websocket::frame::{self, Decoder, Incoming, MAX_MESSAGE_BYTES, Violation},
};

/// Operations that a batch may hold here.
const BATCH_LIMIT: usize = 5;

/// A text frame of a web socket, as graphql-transport-ws.
pub fn client_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let message = ClientMessage::parse(text);
    if let Some(ClientMessage::Subscribe { id, .. } | ClientMessage::Complete { id }) = message {
        assert!(!id.is_empty(), "an operation has an id");
        // RFC 6455 §5.5: what a close frame can carry.
        assert!(Close::SubscriberExists(id).reason().len() <= 123, "the reason fits into a close frame");
    }
}

/// What comes on a web socket of a client, which must read the same however the network cuts it. The first byte says how.
pub fn client_frames(bytes: &[u8]) {
    let Some((size, stream)) = bytes.split_first() else { return };
    let whole = read_frames(std::iter::once(stream));
    let cut = read_frames(stream.chunks(usize::from(*size).max(1)));
    assert_eq!(whole, cut, "the network cuts where it likes");
    for incoming in &whole.0 {
        match incoming {
            Incoming::Text(text) => assert!(text.len() <= MAX_MESSAGE_BYTES, "no message is larger than allowed"),
            // RFC 6455 §5.5: what a control frame can carry.
            Incoming::Ping(payload) => assert!(frame::pong(payload).len() <= 127, "a pong is a control frame"),
            Incoming::Close(Some(code)) => assert!(*code >= 1000, "a code can be on the wire"),
            Incoming::Close(None) | Incoming::Binary | Incoming::Pong => {}
        }
    }
}

fn read_frames<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<Incoming>, Option<Violation>) {
    let (mut decoder, mut read) = (Decoder::default(), Vec::new());
    for chunk in chunks {
        decoder.feed(chunk);
        loop {
            match decoder.next() {
                Ok(Some(incoming)) => read.push(incoming),
                Ok(None) => break,
                Err(violation) => return (read, Some(violation)),
            }
        }
    }
    (read, None)
}

/// The body of an HTTP request, and the same as a query string.
pub fn request_body(bytes: &[u8]) {
    match RequestBody::from_json(bytes, BATCH_LIMIT) {
        Ok(RequestBody::Batch(operations)) => {
            assert!((1..=BATCH_LIMIT).contains(&operations.len()), "a batch keeps its limit");
        }
        Ok(RequestBody::Single(_)) => {
            assert!(RequestBody::from_json(bytes, 1).is_ok(), "one operation needs no batches");
        }
        Err(refusal) => refused(&refusal),
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(refusal) = GraphQlParameters::from_query_string(text)
    {
        refused(&refusal);
    }
}

/// Limits of forms here: files, bytes of a file (which fit into memory), of the operations, and of all.
const FORM_FILES: usize = 3;
const FILE_BYTES: u64 = 256;
const OPERATIONS_BYTES: usize = 1024;
const FORM_BYTES: u64 = 8 * 1024;

/// A form with files, whose boundary is `x`, which must read the same however the network cuts it. The first byte says how.
pub fn upload_form(bytes: &[u8]) {
    let Some((size, form)) = bytes.split_first() else { return };
    let whole = read_form(std::iter::once(form));
    let cut = read_form(form.chunks(usize::from(*size).max(1)));
    match (&whole, &cut) {
        (Ok(whole), Ok(cut)) => {
            let (whole, cut) = (operations(whole), operations(cut));
            assert_eq!(whole.len(), cut.len(), "the network cuts where it likes");
            for (one, other) in whole.iter().zip(cut) {
                assert_eq!(
                    (&one.query, &one.uploads),
                    (&other.query, &other.uploads),
                    "the network cuts where it likes"
                );
                assert_eq!(files(one), files(other), "the network cuts where it likes");
                let fit = files(one).iter().all(|file| file.len() as u64 <= FILE_BYTES);
                assert!(fit && files(one).len() <= FORM_FILES, "files keep their limits");
            }
        }
        (Err(whole), Err(cut)) => {
            refused(whole);
            refused(cut);
        }
        // What follows a form may be too large in one piece, and in several nobody reads it.
        (Err(MalformedRequest::TooLarge { .. }), Ok(_)) => {}
        _ => panic!("{whole:?} in one piece, {cut:?} in several"),
    }
}

fn operations(body: &RequestBody) -> &[GraphQlParameters] {
    match body {
        RequestBody::Single(parameters) => std::slice::from_ref(&**parameters),
        RequestBody::Batch(batch) => batch,
    }
}

fn files(parameters: &GraphQlParameters) -> Vec<&Bytes> {
    let uploads = parameters.uploads.iter().flat_map(|uploads| uploads.files.files());
    let content = uploads.map(|upload| match &upload.content {
        UploadContent::Memory(bytes) => bytes,
        UploadContent::File { .. } => unreachable!("files of this size stay in memory"),
    });
    content.collect()
}

fn read_form<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<RequestBody, MalformedRequest> {
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime without threads");
    }
    let limits = UploadLimits {
        files: FORM_FILES,
        file_bytes: FILE_BYTES,
        request_bytes: FORM_BYTES,
        ..UploadLimits::default()
    };
    let chunks: Vec<Result<Bytes, Infallible>> = chunks.map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let request = Request::builder()
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .header("graphql-require-preflight", "1")
        .body(Body::from_stream(stream::iter(chunks)))
        .expect("constant headers are valid");
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let read = uploads::read(&limits, BATCH_LIMIT, OPERATIONS_BYTES, request).await;
            // Whoever listens to the rest of what was refused comes to its end.
            tokio::task::yield_now().await;
            read
        })
    })
}

/// Bytes of an event that a subgraph may send here.
const EVENT_LIMIT: usize = 512;

/// A text frame of a subgraph's web socket, in either protocol.
pub fn upstream_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for dialect in [Dialect::Current, Dialect::Legacy] {
        let message = ServerMessage::parse(text, dialect);
        if let Some(
            ServerMessage::Next { payload: Some(payload), .. } | ServerMessage::Error { payload: Some(payload), .. },
        ) = message
        {
            let is_json = serde_json::from_str::<IgnoredAny>(payload.get()).is_ok();
            assert!(is_json, "what is passed on is JSON");
        }
    }
}

/// A subgraph's event stream, which must read the same however the network cuts it. The first byte says how.
pub fn upstream_events(bytes: &[u8]) {
    let Some((size, stream)) = bytes.split_first() else { return };
    let whole = read_events(std::iter::once(stream));
    let cut = read_events(stream.chunks(usize::from(*size).max(1)));
    assert_eq!(whole, cut, "the network cuts where it likes");
    assert!(whole.0.iter().all(|frame| frame.data.len() <= EVENT_LIMIT), "no event is larger than allowed");
}

type Read = (Vec<Frame>, Option<TooLarge>, Option<String>);

fn read_events<'a>(mut chunks: impl Iterator<Item = &'a [u8]>) -> Read {
    let (mut frames, mut read) = (Frames::new(EVENT_LIMIT), Vec::new());
    let refusal = chunks.find_map(|chunk| frames.read(chunk, |frame| read.push(frame)).err());
    (read, refusal, frames.last_id().map(str::to_owned))
}

fn refused(refusal: &MalformedRequest) {
    assert!(refusal.status().is_client_error(), "what a client sent wrongly is its own fault");
    assert!(!refusal.code().is_empty() && !refusal.to_string().is_empty(), "a refusal says why");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    fn replay(target: &str, entry: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        let mut count = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            entry(&bytes);
            // And cut off anywhere, and with every byte spoiled in turn.
            for end in 0..bytes.len() {
                entry(&bytes[..end]);
                let mut spoiled = bytes.clone();
                spoiled[end] ^= 0x15;
                entry(&spoiled);
            }
            count += 1;
        }
        assert!(count >= 5, "the seeds of {target} are there");
    }

    #[test]
    fn no_message_of_a_socket_does_harm() {
        replay("messages", super::client_message);
    }

    #[test]
    fn no_frame_of_a_socket_does_harm() {
        replay("frames", super::client_frames);
    }

    #[test]
    fn no_message_of_a_subgraph_does_harm() {
        replay("upstream_messages", super::upstream_message);
    }

    #[test]
    fn no_event_stream_of_a_subgraph_does_harm() {
        replay("upstream_events", super::upstream_events);
    }

    #[test]
    fn no_form_with_files_does_harm() {
        replay("forms", super::upload_form);
    }

    #[test]
    fn no_body_of_a_request_does_harm() {
        replay("bodies", super::request_body);
    }
}
