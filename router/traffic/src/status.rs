//! What operators are told of the calls to a subgraph.

use std::collections::BTreeMap;

use serde::Serialize;

/// A circuit breaker at one moment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakerReport {
    /// `closed`, `open` or `half-open`.
    pub state: &'static str,
    /// Whether it was opened by hand.
    pub forced: bool,
    /// Calls seen since it last closed.
    pub volume: u32,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// Successes since the last failure.
    pub successes_in_a_row: u32,
}

/// The calls to a subgraph at one moment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolReport {
    /// Calls under way.
    pub in_flight: usize,
    /// Calls that wait for a place.
    pub waiting: usize,
    /// Calls that may be under way at once.
    pub max_concurrent: usize,
    /// Where calls go.
    pub instances: Vec<InstanceReport>,
}

/// One instance at one moment.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceReport {
    /// Its URL, without credentials.
    pub url: String,
    /// Its address, when the host of the URL has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether its checks find it well.
    pub healthy: bool,
    /// Its share of the work compared with others.
    pub weight: u32,
    /// Calls under way.
    pub in_flight: usize,
    /// Subscriptions that it streams.
    pub streams: usize,
    /// Calls ever made.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// What discovery says of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}
