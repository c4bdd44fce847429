//! The instances of a service that pass their checks, asked for by blocking queries.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use crate::client::{Consul, ConsulError, answered};

/// How long the agent may hold an answer back while nothing changes.
const WAIT: Duration = Duration::from_secs(30);
/// It adds up to a sixteenth of the wait by itself (Consul API, blocking queries); the rest is for the network.
const PATIENCE: Duration = Duration::from_secs(42);

/// One instance of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceInstance {
    /// Its id in the catalogue.
    pub id: String,
    /// Host name or address.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// Its share of the work compared with others; at least 1.
    pub weight: u32,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whatever else is said of it.
    pub meta: BTreeMap<String, String>,
}

/// The instances at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// Names the moment: a query with it is answered when something has changed since.
    pub index: u64,
    /// The instances that pass all their checks.
    pub instances: Vec<ServiceInstance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    node: Node,
    service: Service,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Service {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default)]
    address: String,
    port: u16,
    tags: Option<Vec<String>>,
    meta: Option<BTreeMap<String, String>>,
    weights: Option<Weights>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Weights {
    passing: u32,
}

impl From<Entry> for ServiceInstance {
    fn from(Entry { node, service }: Entry) -> Self {
        let meta = service.meta.unwrap_or_default();
        let told = meta.get("weight").and_then(|weight| weight.parse().ok());
        let weight = told.or(service.weights.map(|weights| weights.passing)).unwrap_or(1);
        Self {
            id: service.id,
            // A service without an address of its own is at its node's.
            address: if service.address.is_empty() { node.address } else { service.address },
            port: service.port,
            weight: weight.max(1),
            tags: service.tags.unwrap_or_default(),
            meta,
        }
    }
}

impl Consul {
    /// The instances of a service that pass their checks, with a tag if one is given. With the index of an earlier answer it
    /// waits until something has changed since, at most for half a minute; with 0 it answers at once.
    pub async fn passing(&self, service: &str, tag: Option<&str>, index: u64) -> Result<Catalogue, ConsulError> {
        let (at, wait) = (index.to_string(), format!("{}s", WAIT.as_secs()));
        let mut query = vec![("passing", "true")];
        if index > 0 {
            query.extend([("index", at.as_str()), ("wait", wait.as_str())]);
        }
        query.extend(tag.map(|tag| ("tag", tag)));
        query.extend(self.options.datacenter.as_deref().map(|name| ("dc", name)));
        let request = self.query(Method::GET, &["v1", "health", "service", service], &query).timeout(PATIENCE);
        let response = answered(request).await?;
        let told = response.headers().get("x-consul-index").and_then(|value| value.to_str().ok()?.parse().ok());
        let entries: Vec<Entry> = response.json().await?;
        // An index that goes backwards is worth nothing: the next query must not wait for it (Consul API, blocking queries).
        let now = told.filter(|now| *now >= index).unwrap_or(0);
        Ok(Catalogue { index: now, instances: entries.into_iter().map(ServiceInstance::from).collect() })
    }
}
