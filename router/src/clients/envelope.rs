//! What is put around the answers of one operation where many share a connection; only the operation's id differs.

use bytes::Bytes;

use crate::answer::errors_response;

/// By which protocol many operations share a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// graphql-transport-ws.
    WebSocket,
    /// The single connection mode of graphql-sse.
    EventStream,
}

/// A message in three parts, of which all but the payload are the same for all events of an operation, and the payload is the
/// same for all operations that share the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    head: Bytes,
    payload: Bytes,
    tail: &'static [u8],
}

impl Message {
    /// Its parts, one after the other.
    pub fn parts(&self) -> [&[u8]; 3] {
        [&self.head, &self.payload, self.tail]
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.head.len() + self.payload.len() + self.tail.len()
    }

    /// In one piece.
    pub fn into_bytes(self) -> Bytes {
        if self.payload.is_empty() && self.tail.is_empty() {
            return self.head;
        }
        self.parts().concat().into()
    }
}

impl From<Bytes> for Message {
    fn from(head: Bytes) -> Self {
        Self { head, payload: Bytes::new(), tail: b"" }
    }
}

/// The messages about one operation.
#[derive(Clone, Debug)]
pub struct Envelope {
    wire: Wire,
    /// The id in JSON.
    id: Box<str>,
    /// What comes before each result.
    before: Bytes,
}

impl Envelope {
    /// For the operation of an id.
    pub fn new(wire: Wire, id: &str) -> Self {
        let id = serde_json::to_string(id).expect("text always encodes").into_boxed_str();
        let before = match wire {
            Wire::WebSocket => ["{\"id\":", &id, ",\"type\":\"next\",\"payload\":"].concat(),
            Wire::EventStream => ["event: next\ndata: {\"id\":", &id, ",\"payload\":"].concat(),
        };
        Self { wire, id, before: before.into() }
    }

    /// A message around an encoded result, which is neither parsed again nor copied.
    pub fn next(&self, result: &Bytes) -> Message {
        let tail: &[u8] = match self.wire {
            Wire::WebSocket => b"}",
            // Encoded JSON has no line breaks, so that one `data` line holds it.
            Wire::EventStream => b"}\n\n",
        };
        Message { head: self.before.clone(), payload: result.clone(), tail }
    }

    /// The operation is refused or failed; `errors` is an encoded list.
    pub fn error(&self, errors: &[u8]) -> Message {
        let frames = match self.wire {
            Wire::WebSocket => {
                [b"{\"id\":", self.id.as_bytes(), b",\"type\":\"error\",\"payload\":", errors, b"}"].concat()
            }
            Wire::EventStream => {
                let failed = self.next(&errors_response(errors));
                [failed.parts().concat(), self.complete().parts().concat()].concat()
            }
        };
        Message::from(Bytes::from(frames))
    }

    /// The operation has ended.
    pub fn complete(&self) -> Message {
        let frame = match self.wire {
            Wire::WebSocket => ["{\"id\":", &self.id, ",\"type\":\"complete\"}"],
            Wire::EventStream => ["event: complete\ndata: {\"id\":", &self.id, "}\n\n"],
        };
        Message::from(Bytes::from(frame.concat()))
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
        let read = |message: Message| serde_json::from_slice::<Value>(&message.into_bytes()).unwrap();
        let message = read(envelope.next(&Bytes::from_static(br#"{"data":{"x":1}}"#)));
        assert_eq!(message, json!({ "id": "a\"b", "type": "next", "payload": { "data": { "x": 1 } } }));
        let message = read(envelope.error(b"[]"));
        assert_eq!(message, json!({ "id": "a\"b", "type": "error", "payload": [] }));
        let message = read(envelope.complete());
        assert_eq!(message, json!({ "id": "a\"b", "type": "complete" }));
    }

    #[test]
    fn frames_of_an_event_stream_name_their_operation() {
        let envelope = Envelope::new(Wire::EventStream, "1");
        assert_eq!(
            envelope.next(&Bytes::from_static(b"{}")).into_bytes(),
            "event: next\ndata: {\"id\":\"1\",\"payload\":{}}\n\n"
        );
        assert_eq!(
            envelope.error(b"[]").into_bytes(),
            "event: next\ndata: {\"id\":\"1\",\"payload\":{\"errors\":[]}}\n\nevent: complete\ndata: {\"id\":\"1\"}\n\n"
        );
    }
}
