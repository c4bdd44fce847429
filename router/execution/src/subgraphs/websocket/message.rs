//! What a subgraph says over a web socket, in either of the two protocols that there are for it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The protocol of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `graphql-transport-ws`, of the library graphql-ws.
    #[default]
    Current,
    /// The subprotocol `graphql-ws` of the library subscriptions-transport-ws, which is no longer maintained.
    Legacy,
}

impl Dialect {
    /// The value of `Sec-WebSocket-Protocol`.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Current => "graphql-transport-ws",
            Self::Legacy => "graphql-ws",
        }
    }

    /// The type of the message that begins an operation.
    pub(super) fn subscribe(self) -> &'static str {
        match self {
            Self::Current => "subscribe",
            Self::Legacy => "start",
        }
    }

    /// The type of the message that ends one.
    pub(super) fn complete(self) -> &'static str {
        match self {
            Self::Current => "complete",
            Self::Legacy => "stop",
        }
    }
}

/// A message of a subgraph.
#[derive(Debug)]
pub enum ServerMessage<'a> {
    /// It takes operations from now on.
    Acknowledged,
    /// It takes none (of the legacy protocol only; the other one closes the connection).
    Refused,
    /// An event of an operation, a GraphQL response.
    Next {
        /// The operation.
        id: u64,
        /// The response; a message without one is not lawful.
        payload: Option<&'a RawValue>,
    },
    /// An operation has failed.
    Error {
        /// The operation.
        id: u64,
        /// A list of errors; one error in the legacy protocol.
        payload: Option<&'a RawValue>,
    },
    /// An operation is over.
    Complete {
        /// The operation.
        id: u64,
    },
    /// A question whether we are there.
    Ping,
    /// Of a type, or for an operation, that we know nothing of.
    Unknown,
}

#[derive(Deserialize)]
struct Incoming<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

impl<'a> ServerMessage<'a> {
    /// Reads a message; none when it is not even an object with a type.
    pub fn parse(text: &'a str, dialect: Dialect) -> Option<Self> {
        let Incoming { kind, id, payload } = serde_json::from_str(text).ok()?;
        // Ours are decimal numbers in a string.
        let id = id.and_then(|id| id.get().trim_matches('"').parse::<u64>().ok());
        Some(match (dialect, &*kind, id) {
            (_, "connection_ack", _) => Self::Acknowledged,
            (Dialect::Legacy, "connection_error", _) => Self::Refused,
            (Dialect::Current, "next", Some(id)) | (Dialect::Legacy, "data", Some(id)) => Self::Next { id, payload },
            (_, "error", Some(id)) => Self::Error { id, payload },
            (_, "complete", Some(id)) => Self::Complete { id },
            (Dialect::Current, "ping", _) => Self::Ping,
            _ => Self::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn both_protocols_say_the_same_in_other_words() {
        for (dialect, kind) in [(Dialect::Current, "next"), (Dialect::Legacy, "data")] {
            let text = format!(r#"{{"type":"{kind}","id":"7","payload":{{"data":null}}}}"#);
            let Some(ServerMessage::Next { id: 7, payload: Some(payload) }) = ServerMessage::parse(&text, dialect)
            else {
                panic!("{text}")
            };
            assert_eq!(payload.get(), r#"{"data":null}"#);
        }
        let spelled = r#"{"type":"\u006eext","id":"7","payload":{}}"#;
        assert!(matches!(ServerMessage::parse(spelled, Dialect::Current), Some(ServerMessage::Next { .. })));
    }

    #[test]
    fn what_is_no_message_is_told_from_what_is_none_of_ours() {
        for garbage in ["", "next", "[]", "{}", r#"{"type":7}"#, r#"{"type":"next""#] {
            assert!(ServerMessage::parse(garbage, Dialect::Current).is_none(), "{garbage}");
        }
        for foreign in [r#"{"type":"ka"}"#, r#"{"type":"next"}"#, r#"{"type":"next","id":{"a":1}}"#, r#"{"type":"x"}"#]
        {
            assert!(
                matches!(ServerMessage::parse(foreign, Dialect::Current), Some(ServerMessage::Unknown)),
                "{foreign}"
            );
        }
    }
}
