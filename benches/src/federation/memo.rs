//! A subgraph that resolves each distinct request once and hands out the same bytes from then on, so that it costs next to nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use async_graphql::{Request, Variables};
use bytes::Bytes;
use serde::Deserialize;

use super::schemas::{Executable, Subgraph};

/// Answers remembered at most; a thousand distinct operations make a few thousand requests.
const REMEMBERED: usize = 20_000;

/// A subgraph with its prebuilt answers.
pub struct Memo {
    /// As the supergraph calls it.
    pub name: &'static str,
    /// Its SDL.
    pub sdl: String,
    schema: Executable,
    /// By the request in full.
    answers: RwLock<HashMap<Bytes, Bytes>>,
    /// How long an answer takes.
    pub delay: Duration,
    calls: AtomicU64,
    request_bytes: AtomicU64,
    answer_bytes: AtomicU64,
}

/// Calls that subgraphs have answered, with the bytes of their bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls {
    /// How many.
    pub count: u64,
    /// Bytes of all requests.
    pub request_bytes: u64,
    /// Bytes of all answers.
    pub answer_bytes: u64,
}

impl Calls {
    /// Those of all these subgraphs so far.
    pub fn of(subgraphs: &[Arc<Memo>]) -> Self {
        let sum = |count: fn(&Memo) -> &AtomicU64| -> u64 {
            subgraphs.iter().map(|subgraph| count(subgraph).load(Ordering::Relaxed)).sum()
        };
        Self {
            count: sum(|subgraph| &subgraph.calls),
            request_bytes: sum(|subgraph| &subgraph.request_bytes),
            answer_bytes: sum(|subgraph| &subgraph.answer_bytes),
        }
    }

    /// Those since an earlier moment.
    pub fn since(self, before: Self) -> Self {
        Self {
            count: self.count - before.count,
            request_bytes: self.request_bytes - before.request_bytes,
            answer_bytes: self.answer_bytes - before.answer_bytes,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<serde_json::Value>,
}

impl Memo {
    /// Nothing remembered yet.
    pub fn new(subgraph: Subgraph, delay: Duration) -> Arc<Self> {
        let Subgraph { name, sdl, schema } = subgraph;
        Arc::new(Self {
            name,
            sdl,
            schema,
            answers: RwLock::default(),
            delay,
            calls: AtomicU64::default(),
            request_bytes: AtomicU64::default(),
            answer_bytes: AtomicU64::default(),
        })
    }

    /// The answer to a request in JSON.
    pub async fn answer(&self, request: Bytes) -> Bytes {
        let request_bytes = request.len() as u64;
        let answer = self.answer_uncounted(request).await;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.request_bytes.fetch_add(request_bytes, Ordering::Relaxed);
        self.answer_bytes.fetch_add(answer.len() as u64, Ordering::Relaxed);
        answer
    }

    async fn answer_uncounted(&self, request: Bytes) -> Bytes {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let known = self.answers.read().expect("no holder panics").get(&request).cloned();
        if let Some(answer) = known {
            return answer;
        }
        let answer = self.resolve(&request).await;
        let mut answers = self.answers.write().expect("no holder panics");
        if answers.len() < REMEMBERED {
            answers.insert(request, answer.clone());
        }
        answer
    }

    async fn resolve(&self, request: &[u8]) -> Bytes {
        let Ok(wire) = serde_json::from_slice::<Wire>(request) else {
            return Bytes::from_static(br#"{"errors":[{"message":"not a GraphQL request"}]}"#);
        };
        let mut graphql = Request::new(wire.query).variables(Variables::from_json(wire.variables.unwrap_or_default()));
        graphql.operation_name = wire.operation_name;
        let response = self.schema.execute(graphql).await;
        serde_json::to_vec(&response).expect("a response is a plain value").into()
    }
}
