//! An operation on its way through the gateway, and its answer.

use std::sync::Arc;

use bytes::Bytes;
use cloudphone_core::Origin;
use cloudphone_execution::{Executor, Planned, Uploads};
use cloudphone_planning::{OperationKind, PreparedOperation};
use cloudphone_traffic::headers::ClientHeaders;
use serde_json::{Map, Value};

use crate::authentication::Principal;
use crate::response_cache::Freshness;

/// Whoever asks, as subgraphs see them.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The verified identity; absent when nobody is signed in.
    pub caller: Option<Principal>,
    /// Where the request comes from.
    pub origin: Origin,
    /// What else of the request subgraphs are told.
    pub headers: ClientHeaders,
}

/// An operation that is ready to run, with its variables.
#[derive(Clone)]
pub struct Prepared {
    pub(crate) operation: Arc<PreparedOperation>,
    pub(crate) variables: Map<String, Value>,
    /// Goes with the plan: another supergraph may have other subgraphs.
    pub(super) executor: Executor,
    /// Files that go with it.
    pub(super) uploads: Option<Uploads>,
    /// The gateway's version that it was prepared by.
    pub(super) version: u64,
}

impl Prepared {
    /// Query, mutation or subscription.
    pub fn kind(&self) -> OperationKind {
        self.operation.kind()
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The same, for running it again and again.
    pub(crate) fn planned(&self, variables: &Map<String, Value>) -> Planned {
        let planned = Planned::new(self.executor.clone(), Arc::clone(&self.operation), variables);
        planned.unwrap_or_else(|_| unreachable!("variables were found to fit when it was prepared"))
    }

    pub(super) fn name(&self) -> &str {
        self.operation.name().map_or("anonymous", |name| name)
    }
}

/// An answer to a query or mutation.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The encoded response.
    pub body: Bytes,
    /// How long it may be kept, when all that it was made of says so.
    pub(crate) freshness: Option<Freshness>,
    /// Whether the response has `extensions`, which then stand at its end.
    pub(crate) has_extensions: bool,
}

impl Answer {
    /// An answer of the router itself.
    pub(crate) fn of_router(body: Bytes) -> Self {
        Self { body, freshness: None, has_extensions: false }
    }

    /// The same with further `extensions`.
    #[must_use]
    pub(crate) fn with_extensions(self, extensions: &Map<String, Value>) -> Self {
        if extensions.is_empty() {
            return self;
        }
        let added = serde_json::to_vec(extensions).expect("plain values always encode");
        let (kept, between) = if self.has_extensions { (2, &b","[..]) } else { (1, &b",\"extensions\":{"[..]) };
        let before = &self.body[..self.body.len() - kept];
        // The braces of the added object are those of the whole.
        let body = [before, between, &added[1..], b"}"].concat();
        Self { body: body.into(), has_extensions: true, ..self }
    }
}
