//! Settings of the calls from the router to subgraphs.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use cloudphone_config::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::headers::{AnswerHeaderRule, RequestHeaderRule};
use super::subscriptions::Subscriptions;

/// A section with defaults for all subgraphs, and the same settings, all optional, for one of them.
macro_rules! for_all_and_for_one {
    (
        $(#[$about_all:meta])* all $all:ident;
        $(#[$about_one:meta])* one $one:ident { $($(#[$about_own:meta])* $own:ident: $own_type:ty,)* }
        $($(#[$about:meta])* $field:ident: $type:ty = $default:expr,)*
    ) => {
        $(#[$about_all])*
        #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $all { $($(#[$about])* pub $field: $type,)* }

        impl Default for $all {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        $(#[$about_one])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $one {
            $($(#[$about_own])* pub $own: $own_type,)*
            $(
                $(#[$about])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }

        impl $all {
            /// The settings of one subgraph: its own, and these where it has none.
            #[must_use]
            pub fn of(&self, one: &$one) -> Self {
                Self { $($field: one.$field.clone().unwrap_or_else(|| self.$field.clone()),)* }
            }
        }
    };
}

for_all_and_for_one! {
    /// Calls to subgraphs; `router.subgraphs.<name>` may set any of these for one subgraph.
    all Traffic;
    /// Calls to one subgraph, by the name that it has in the supergraph.
    one SubgraphTraffic {
        /// Where it is, instead of where the supergraph says: a URL, or `unix:/run/reviews.sock?path=/graphql` for a Unix socket.
        url: Option<String>,
        /// Several places where it is, as tables with `url`, `weight` and `metadata`.
        instances: Vec<Instance>,
        /// Looks instances up in DNS: `addresses` (A and AAAA of the URL's host) or `service` (SRV, under the name in `service`).
        dns: Option<DnsLookup>,
        /// Looks instances up in the catalogue of Consul, under the name in `service`.
        consul: bool,
        /// Name of the service in DNS or in Consul.
        service: Option<String>,
        /// Only instances with this tag; for Consul.
        tag: Option<String>,
        /// Subscriptions at it.
        subscriptions: Subscriptions,
        /// Rules for the headers of calls, after those for all subgraphs; see `router.request_headers`.
        request_headers: Vec<RequestHeaderRule>,
        /// Rules for the headers of answers, after those for all subgraphs; see `router.answer_headers`.
        answer_headers: Vec<AnswerHeaderRule>,
    }
    /// Time that a call may take with all its tries, in seconds.
    timeout_seconds: u64 = 30,
    /// Time that connecting may take, and that a host may leave unacknowledged what it was sent before it counts as gone, in seconds.
    connect_timeout_seconds: u64 = 5,
    /// Larger answers are refused, in bytes.
    max_response_bytes: usize = 64 * 1024 * 1024,
    /// Idle connections kept to each instance.
    max_idle_connections: usize = 256,
    /// Version of HTTP: `negotiated` (HTTP/2 where TLS offers it), `http1`, or `prior-knowledge` (HTTP/2 at once, also without TLS).
    http: HttpVersion = HttpVersion::Negotiated,
    /// PEM file with the authorities that are believed over TLS; unset: the system's.
    tls_authorities: PathBuf = PathBuf::new(),
    /// PEM file with the certificate chain and the private key that are shown to subgraphs; unset: none.
    tls_identity: PathBuf = PathBuf::new(),
    /// Further tries of a query after a connection that failed or an answer of 429, 502, 503 or 504. Mutations are never tried again.
    retries: u32 = 2,
    /// Bound of the random wait before the first further try, in milliseconds; it doubles each time. A longer `Retry-After` counts.
    retry_initial_ms: u64 = 100,
    /// The bound never exceeds this, in milliseconds.
    retry_limit_ms: u64 = 2000,
    /// Failures in a row that open the circuit breaker.
    breaker_failures: u32 = 5,
    /// Calls that the circuit breaker must have seen before it may open.
    breaker_volume: u32 = 10,
    /// How long an open circuit breaker refuses calls, in seconds, unless a probe finds the subgraph well before.
    breaker_open_seconds: u64 = 60,
    /// Successes in a row that close it again.
    breaker_successes: u32 = 2,
    /// How often an open circuit breaker asks by itself for `{__typename}`, in milliseconds.
    breaker_probe_ms: u64 = 1000,
    /// Calls under way at once.
    max_concurrent: usize = 1024,
    /// How long a call may wait for its place among them, in milliseconds.
    max_wait_ms: u64 = 1000,
    /// Whether equal queries of equal callers that are under way at the same time share one call.
    deduplicate: bool = true,
    /// How one of several instances is chosen: `round-robin`, `least-connections`, `random` or `weighted-round-robin`.
    balancing: Balancing = Balancing::RoundRobin,
    /// Whether instances are asked for `{__typename}` now and then, if there are several.
    health_checks: bool = true,
    /// Time between two of these questions, in seconds.
    health_check_interval_seconds: u64 = 15,
    /// Time that the answer may take, in seconds.
    health_check_timeout_seconds: u64 = 5,
    /// Failures in a row after which an instance is passed over.
    health_check_failures: u32 = 3,
    /// Good answers in a row after which it is asked again.
    health_check_successes: u32 = 2,
    /// The longest until names are looked up again, in seconds; a shorter time to live counts.
    dns_interval_seconds: u64 = 30,
    /// Name servers such as `127.0.0.1:8600`; none: the system's.
    dns_servers: Vec<SocketAddr> = Vec::new(),
}

/// One place where a subgraph is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Its URL.
    pub url: String,
    /// Its share of the work compared with others.
    #[serde(default = "one")]
    pub weight: u32,
    /// What operators want to read of it in `/health/pool`.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

fn one() -> u32 {
    1
}

/// Version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HttpVersion {
    /// HTTP/2 where TLS offers it, HTTP/1.1 otherwise.
    Negotiated,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 at once.
    PriorKnowledge,
}

/// How one of several instances is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balancing {
    /// One after the other.
    RoundRobin,
    /// The one with the fewest calls under way.
    LeastConnections,
    /// Any.
    Random,
    /// One after the other, each as often as its weight says.
    WeightedRoundRobin,
}

/// Which records of DNS tell of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DnsLookup {
    /// A and AAAA.
    Addresses,
    /// SRV.
    Service,
}

/// Consul, where parts of the platform find each other.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Consul {
    /// The agent, such as `http://127.0.0.1:8500`. Absent: Consul is not used.
    pub url: Option<String>,
    /// ACL token.
    pub token: Secret,
    /// Data centre that is asked about; absent: the agent's own.
    pub datacenter: Option<String>,
    /// Whether the parts of this process enter themselves in the catalogue while they run.
    pub register: bool,
    /// Begins the names of the parts in the catalogue: `cloudphone-devices`.
    pub service_prefix: String,
    /// Host name or address at which others reach this process; absent: `http.address`.
    pub address: Option<String>,
    /// Further tags of the parts besides `cloudphone` and `graphql`.
    pub tags: Vec<String>,
}

impl Default for Consul {
    fn default() -> Self {
        Self {
            url: None,
            token: Secret::default(),
            datacenter: None,
            register: true,
            service_prefix: "cloudphone-".to_owned(),
            address: None,
            tags: Vec::new(),
        }
    }
}
