//! Messages and close codes of the graphql-transport-ws protocol (github.com/enisdenjo/graphql-ws, PROTOCOL.md).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::request::GraphQlParameters;
use crate::authentication::AuthenticationError;

/// The WebSocket subprotocol's name.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// What a client may send.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Opens the session; may carry a credential.
    ConnectionInit {
        /// Absent when the client sent none.
        #[serde(default)]
        payload: Value,
    },
    /// Asks whether the router is there; a credential in the payload renews the session.
    Ping {
        /// Absent when the client sent none.
        #[serde(default)]
        payload: Value,
    },
    /// Answers a ping.
    Pong {},
    /// Starts an operation.
    Subscribe {
        /// Chosen by the client, unique among its running operations.
        id: String,
        /// The operation.
        payload: GraphQlParameters,
    },
    /// Ends an operation.
    Complete {
        /// The operation.
        id: String,
    },
}

impl ClientMessage {
    /// Reads a message; none when it breaks the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let message = serde_json::from_str(text).ok()?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.is_empty() => None,
            _ => Some(message),
        }
    }
}

/// Why a connection is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Close {
    /// A message breaks the protocol.
    BadRequest,
    /// An operation came before the session was acknowledged.
    Unauthorized,
    /// The credential does not hold, or no longer does, for this reason; clients come back with a fresh one.
    Forbidden(AuthenticationError),
    /// No `connection_init` came in time.
    InitialisationTimeout,
    /// An operation of this id runs already.
    SubscriberExists(String),
    /// A second `connection_init` came.
    TooManyInitialisations,
    /// The caller has as many live connections as one may have.
    TooManyConnections,
    /// The client reads too slowly.
    TooSlow,
    /// The client went silent.
    Silent,
    /// The router shuts down; clients reconnect.
    GoingAway,
    /// Nobody can be signed in at the moment.
    TryAgainLater,
    /// What came is no frame of a WebSocket.
    MalformedFrame,
    /// A text message is not UTF-8.
    NotText,
    /// A message is larger than allowed.
    TooLarge,
    /// The supergraph changed, and with it every subscription of this connection; clients come back and subscribe again.
    SupergraphChanged,
}

impl Close {
    /// The code on the wire.
    pub fn code(&self) -> u16 {
        match self {
            Self::BadRequest => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden(_) => 4403,
            Self::InitialisationTimeout => 4408,
            Self::SubscriberExists(_) => 4409,
            // As for HTTP's 429: clients of the protocol do not come back by themselves.
            Self::TooManyInitialisations | Self::TooManyConnections => 4429,
            // RFC 6455 §7.4.1 and its registry: 1001 going away, 1012 service restart, 1013 try again later. Clients come
            // back after these, as a page should that was only asleep; 1008 would tell them not to.
            Self::GoingAway => 1001,
            // RFC 6455 §7.4.1.
            Self::MalformedFrame => 1002,
            Self::NotText => 1007,
            Self::TooLarge => 1009,
            Self::SupergraphChanged => 1012,
            Self::TooSlow | Self::Silent | Self::TryAgainLater => 1013,
        }
    }

    /// The reason on the wire.
    pub fn reason(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::BadRequest => "Invalid message",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden(error) => return Cow::Owned(format!("Forbidden: {}", error.code())),
            Self::InitialisationTimeout => "Connection initialisation timeout",
            // A close frame has room for 123 bytes (RFC 6455 §5.5).
            Self::SubscriberExists(id) if id.len() <= 64 => {
                return Cow::Owned(format!("Subscriber for {id} already exists"));
            }
            Self::SubscriberExists(_) => "Subscriber already exists",
            Self::TooManyInitialisations => "Too many initialisation requests",
            Self::TooManyConnections => "Too many connections",
            Self::MalformedFrame => "Malformed frame",
            Self::NotText => "Text is not UTF-8",
            Self::TooLarge => "Message is too large",
            Self::TooSlow => "Client reads too slowly",
            Self::Silent => "Client is silent",
            Self::GoingAway => "Server is going away",
            Self::TryAgainLater => "Try again later",
            Self::SupergraphChanged => "Supergraph changed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_unknown_type_is_refused() {
        assert!(ClientMessage::parse(r#"{"type":"start"}"#).is_none());
        assert!(ClientMessage::parse(r#"{"type":"pong"}"#).is_some());
        assert!(ClientMessage::parse(r#"{"type":"subscribe","id":"1","payload":{}}"#).is_none());
        assert!(ClientMessage::parse(r#"{"type":"complete","id":""}"#).is_none());
    }
}
