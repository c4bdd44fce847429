//! Who may connect, and which topics they may use.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::filter::{filter_covers, topic_matches};

/// A client that wants to connect.
#[derive(Clone, Copy)]
pub struct ConnectRequest<'a> {
    /// The client's chosen id; it must be bound to the principal, or one client can throw out another.
    pub client_id: &'a str,
    /// The user name; absent when the client sent none.
    pub username: Option<&'a str>,
    /// The password; absent when the client sent none.
    pub password: Option<&'a [u8]>,
    /// Where it comes from.
    pub address: Option<SocketAddr>,
}

/// Why a client may not connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown name or wrong password.
    BadCredentials,
    /// Known, but not allowed now or under this client id.
    NotAuthorized,
}

/// A verified client and its rights.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Its name, for logs and for disconnecting it.
    pub name: Arc<str>,
    /// Filters of topics it may publish to.
    pub publish: Arc<[String]>,
    /// Filters it may subscribe to; a subscription must lie within one of them.
    pub subscribe: Arc<[String]>,
    /// Messages a second it may send; absent: any number.
    pub messages_per_second: Option<u32>,
}

impl Principal {
    /// A part of the platform itself, which may use every topic.
    pub fn service(name: &str) -> Self {
        let all: Arc<[String]> = Arc::new(["#".to_owned()]);
        Self { name: name.into(), publish: Arc::clone(&all), subscribe: all, messages_per_second: None }
    }

    /// Whether it may publish to a topic.
    pub fn may_publish(&self, topic: &str) -> bool {
        self.publish.iter().any(|filter| topic_matches(filter, topic))
    }

    /// Whether it may subscribe to a filter.
    pub fn may_subscribe(&self, filter: &str) -> bool {
        self.subscribe.iter().any(|allowed| filter_covers(allowed, filter))
    }
}

/// Knows the clients. The broker asks once at connecting; rights last as long as the connection.
#[async_trait]
pub trait Authority: Send + Sync + 'static {
    /// Verifies a client.
    async fn authenticate(&self, request: ConnectRequest<'_>) -> Result<Principal, Refusal>;
}
