//! What is put around the answers of one operation where many share a connection; only the operation's id differs.

use bytes::{BufMut, Bytes, BytesMut};

use crate::answer::errors_response;

/// By which protocol many operations share a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// graphql-transport-ws.
    WebSocket,
    /// The single connection mode of graphql-sse.
    EventStream,
}

/// The messages about one operation.
#[derive(Clone, Debug)]
pub struct Envelope {
    wire: Wire,
    /// The id in JSON.
    id: String,
}

impl Envelope {
    /// For the operation of an id.
    pub fn new(wire: Wire, id: &str) -> Self {
        Self { wire, id: serde_json::to_string(id).expect("text always encodes") }
    }

    /// A message around an encoded result, which is not parsed again.
    pub fn next(&self, result: &[u8]) -> Bytes {
        match self.wire {
            Wire::WebSocket => self.frame(b"{\"id\":", b",\"type\":\"next\",\"payload\":", result, b"}"),
            // Encoded JSON has no line breaks, so that one `data` line holds it.
            Wire::EventStream => self.frame(b"event: next\ndata: {\"id\":", b",\"payload\":", result, b"}\n\n"),
        }
    }

    /// The operation is refused or failed; `errors` is an encoded list.
    pub fn error(&self, errors: &[u8]) -> Bytes {
        match self.wire {
            Wire::WebSocket => self.frame(b"{\"id\":", b",\"type\":\"error\",\"payload\":", errors, b"}"),
            Wire::EventStream => {
                let mut frames = BytesMut::from(&self.next(&errors_response(errors))[..]);
                frames.put(self.complete());
                frames.freeze()
            }
        }
    }

    /// The operation has ended.
    pub fn complete(&self) -> Bytes {
        match self.wire {
            Wire::WebSocket => self.frame(b"{\"id\":", b",\"type\":\"complete\"", b"", b"}"),
            Wire::EventStream => self.frame(b"event: complete\ndata: {\"id\":", b"", b"", b"}\n\n"),
        }
    }

    fn frame(&self, before: &[u8], after: &[u8], payload: &[u8], end: &[u8]) -> Bytes {
        let parts = [before, self.id.as_bytes(), after, payload, end];
        let mut frame = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            frame.put_slice(part);
        }
        frame.freeze()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn messages_are_json_whatever_the_id() {
        let envelope = Envelope::new(Wire::WebSocket, "a\"b");
        let message: Value = serde_json::from_slice(&envelope.next(br#"{"data":{"x":1}}"#)).unwrap();
        assert_eq!(message, json!({ "id": "a\"b", "type": "next", "payload": { "data": { "x": 1 } } }));
        let message: Value = serde_json::from_slice(&envelope.error(b"[]")).unwrap();
        assert_eq!(message, json!({ "id": "a\"b", "type": "error", "payload": [] }));
        let message: Value = serde_json::from_slice(&envelope.complete()).unwrap();
        assert_eq!(message, json!({ "id": "a\"b", "type": "complete" }));
    }

    #[test]
    fn frames_of_an_event_stream_name_their_operation() {
        let envelope = Envelope::new(Wire::EventStream, "1");
        assert_eq!(envelope.next(b"{}"), "event: next\ndata: {\"id\":\"1\",\"payload\":{}}\n\n");
        assert_eq!(
            envelope.error(b"[]"),
            "event: next\ndata: {\"id\":\"1\",\"payload\":{\"errors\":[]}}\n\nevent: complete\ndata: {\"id\":\"1\"}\n\n"
        );
    }
}
