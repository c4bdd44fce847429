//! Streams over HTTP as they arrive, byte by byte.

use serde_json::Value;
use tokio::time::timeout;

use super::PATIENCE;

/// One thing on an event stream.
#[derive(Debug, PartialEq)]
pub enum Frame {
    Next(Value),
    Complete,
    /// The end of one of the operations that share a stream.
    CompleteOf(Value),
    /// A comment, which keeps the connection open.
    Comment,
    /// The end of the connection.
    End,
}

pub struct Events {
    response: reqwest::Response,
    unread: Vec<u8>,
}

/// The parts of a multipart stream.
pub struct Parts {
    response: reqwest::Response,
    unread: String,
}

#[derive(Debug, PartialEq)]
pub enum Part {
    Json(Value),
    /// The closing boundary.
    Closing,
    /// The end of the connection.
    End,
}

impl Parts {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let accept = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0, application/json";
        let response = request.header("accept", accept).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let media_type = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0";
        assert_eq!(response.headers()["content-type"], media_type);
        let mut parts = Self { response, unread: String::new() };
        assert!(parts.read_until("\r\n--graphql").await.is_some_and(|preamble| preamble.is_empty()));
        parts
    }

    /// The next part, as soon as its boundary has come.
    pub async fn next(&mut self) -> Part {
        if self.fill(4).await && self.unread.starts_with("--\r\n") {
            self.unread.drain(..4);
            return Part::Closing;
        }
        match self.read_until("\r\n--graphql").await {
            Some(part) => {
                let json = part.strip_prefix("\r\ncontent-type: application/json\r\n\r\n").expect("a head");
                Part::Json(serde_json::from_str(json).unwrap())
            }
            None => Part::End,
        }
    }

    async fn read_until(&mut self, boundary: &str) -> Option<String> {
        loop {
            if let Some(end) = self.unread.find(boundary) {
                let part = self.unread[..end].to_owned();
                self.unread.drain(..end + boundary.len());
                return Some(part);
            }
            let length = self.unread.len();
            if !self.fill(length + 1).await {
                assert!(self.unread.is_empty(), "the end came within a part: {:?}", self.unread);
                return None;
            }
        }
    }

    async fn fill(&mut self, length: usize) -> bool {
        while self.unread.len() < length {
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("something comes").unwrap();
            let Some(chunk) = chunk else { return false };
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        true
    }
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
        None if frame == "event: complete\ndata:" => Frame::Complete,
        None if frame.starts_with("event: complete\ndata: ") => {
            Frame::CompleteOf(serde_json::from_str(&frame["event: complete\ndata: ".len()..]).unwrap())
        }
        None if frame.starts_with(':') => Frame::Comment,
        None => panic!("not a frame: {frame:?}"),
    }
}
