//! Event streams as they arrive, byte by byte.

use serde_json::Value;
use tokio::time::timeout;

use super::PATIENCE;

/// One thing on an event stream.
#[derive(Debug, PartialEq)]
pub enum Frame {
    Next(Value),
    Complete,
    /// A comment, which keeps the connection open.
    Comment,
    /// The end of the connection.
    End,
}

pub struct Events {
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl Events {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, unread: Vec::new() }
    }

    pub async fn next(&mut self) -> Frame {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.unread.drain(..end + 2).collect();
                return read(std::str::from_utf8(&frame).unwrap().trim_end());
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something comes").unwrap();
            match chunk {
                Some(chunk) => self.unread.extend_from_slice(&chunk),
                None => return Frame::End,
            }
        }
    }
}

fn read(frame: &str) -> Frame {
    match frame.strip_prefix("event: next\ndata: ") {
        Some(json) => Frame::Next(serde_json::from_str(json).unwrap()),
        None if frame.starts_with("event: complete") => Frame::Complete,
        None if frame.starts_with(':') => Frame::Comment,
        None => panic!("not a frame: {frame:?}"),
    }
}
