//! Settings of the federation router.

mod authentication;
mod authorization;
mod cost;
mod documents;
mod headers;
mod limits;
mod overload;
pub(crate) mod override_labels;
mod planning;
mod problems;
mod rate_limits;
mod response_cache;
mod subscription_rules;
mod subscriptions;
mod traffic;
mod upload;

use std::collections::BTreeMap;

use cloudphone_config::Secret;
use cloudphone_router::subgraphs::SubscriptionOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use authentication::{Authentication, AuthenticationMode, Issuer};
pub use authorization::Authorization;
pub use cost::{Cost, CostMode};
pub use documents::{Documents, TrustMode};
pub use headers::{AnswerHeaderRule, RequestHeaderRule};
pub use overload::Overload;
pub use override_labels::OverrideLabel;
pub use planning::Planning;
pub use rate_limits::{Quota, RateLimits, WhenUnreachable};
pub use response_cache::{ResponseCache, ResponseCacheRule, ResponseCacheScope, ResponseCacheStorage};
pub use subscription_rules::{Begins, SubscriptionRule, WhenSlow};
pub use traffic::{Balancing, Consul, DnsLookup, HttpVersion, SubgraphTraffic, Traffic};
pub use upload::Upload;

/// Who may see the plans of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryPlanAccess {
    /// Nobody.
    Nobody,
    /// Callers of the platform who hold `router:inspect`.
    Permitted,
    /// Everybody.
    Everybody,
}

/// The federation router.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Router {
    /// Whether introspection is answered; absent means: in development only.
    pub introspection: Option<bool>,
    /// Deepest nesting of an operation.
    pub max_depth: usize,
    /// Most aliases in an operation.
    pub max_aliases: usize,
    /// Most root fields in an operation.
    pub max_root_fields: usize,
    /// Most lexical tokens in an operation.
    pub max_tokens: usize,
    /// Most directives in an operation.
    pub max_directives: usize,
    /// Most fields in an operation, as many as it has when its fragments are written out.
    pub max_fields: usize,
    /// Most operations in a batch over HTTP; 0 or 1 takes no batches.
    pub max_batch: usize,
    /// Live connections at once: WebSockets, and responses that stream; 0 takes none.
    pub max_connections: usize,
    /// Live connections of one person at once, keys included, or of one address without credentials (of IPv6, one network of 64 bits). A
    /// WebSocket counts for its address until it has told who it is.
    pub max_connections_per_user: usize,
    /// Subscriptions and queries under way on one WebSocket connection.
    pub max_operations_per_connection: usize,
    /// Subscriptions of one person at once over all connections, keys included, or of one address without credentials (of IPv6, one network
    /// of 64 bits).
    pub max_subscriptions_per_user: usize,
    /// Subscriptions of all at once.
    pub max_subscriptions: usize,
    /// Events that a slow subscriber may lie behind those who share its stream.
    pub max_events_behind: usize,
    /// Further subscription fields that begin with whatever happens next, so that equal subscriptions may share a stream at any time;
    /// with the arguments that ask for what came before, as in `samples(resumeFrom)`. The platform's own are known.
    pub subscriptions_from_next: Vec<String>,
    /// Further subscription fields that begin with how things stand and go on with changes, so that equal subscriptions share a stream
    /// when they begin within a second.
    pub subscriptions_from_snapshot: Vec<String>,
    /// Rules for single subscription fields, by their names.
    pub subscription_rules: BTreeMap<String, SubscriptionRule>,
    /// Silence after which a WebSocket is pinged, in seconds.
    pub heartbeat_seconds: u64,
    /// Calls to subgraphs.
    pub traffic: Traffic,
    /// Calls to single subgraphs and subscriptions at them, by the names that they have in the supergraph.
    pub subgraphs: BTreeMap<String, SubgraphTraffic>,
    /// Rules for the headers of calls to all subgraphs, in their order: tables with `propagate` (with `rename`, `default`), `set` (with
    /// `value`) or `remove`.
    pub request_headers: Vec<RequestHeaderRule>,
    /// Rules for the headers of answers of all subgraphs, which clients get; besides, with `combine`.
    pub answer_headers: Vec<AnswerHeaderRule>,
    /// Fields of the payload of `connection_init` that count as headers of a WebSocket, with the headers' names.
    pub connection_init_headers: BTreeMap<String, String>,
    /// Bearer token with which circuit breakers may be set by hand; unset: only callers with the permission `router:operate` may.
    pub admin_token: Secret,
    /// Prepared operations kept; one that takes more than 16 KiB counts as several.
    pub plan_cache_entries: u64,
    /// Planning of operations.
    pub planning: Planning,
    /// Keeps answers of subgraphs.
    pub response_cache: ResponseCache,
    /// Costs of operations.
    pub cost: Cost,
    /// Load shedding.
    pub overload: Overload,
    /// Persisted queries and trusted documents.
    pub documents: Documents,
    /// Rate limits.
    pub rate_limits: RateLimits,
    /// Who may ask a router that stands alone.
    pub authentication: Authentication,
    /// What callers may see.
    pub authorization: Authorization,
    /// When labels of `@override(from:, label:)` are on, by label: tables with `on`, `percent`, `header` (with `value`) or `scope`. A label
    /// without one is off. Labels such as `percent(10)` need none.
    pub override_labels: BTreeMap<String, OverrideLabel>,
    /// Who may see the plans of operations; absent means: everybody in development, holders of `router:inspect` in production.
    pub query_plan: Option<QueryPlanAccess>,
    /// Takes files with mutations.
    pub upload: Upload,
}

impl Router {
    /// One sentence for each broken rule of live connections and single subscription fields.
    pub fn subscription_problems(&self) -> Vec<String> {
        let mut problems = subscription_rules::problems(&self.subscription_rules);
        if self.max_connections_per_user == 0 {
            problems.push("router.max_connections_per_user: needs at least 1.".to_owned());
        }
        problems
    }

    /// How to subscribe at a subgraph.
    pub(crate) fn subscriptions_of(&self, subgraph: &str) -> SubscriptionOptions {
        self.subgraphs.get(subgraph).map(|own| own.subscriptions.options()).unwrap_or_default()
    }
}

impl Default for Router {
    fn default() -> Self {
        Self {
            introspection: None,
            max_depth: 15,
            max_aliases: 30,
            max_root_fields: 20,
            max_tokens: 4000,
            max_directives: 100,
            max_fields: 5000,
            max_batch: 10,
            max_connections: 10_000,
            max_connections_per_user: 1000,
            max_operations_per_connection: 100,
            max_subscriptions_per_user: 10_000,
            max_subscriptions: 100_000,
            max_events_behind: 64,
            subscriptions_from_next: Vec::new(),
            subscriptions_from_snapshot: Vec::new(),
            subscription_rules: BTreeMap::new(),
            heartbeat_seconds: 30,
            traffic: Traffic::default(),
            subgraphs: BTreeMap::new(),
            request_headers: Vec::new(),
            answer_headers: Vec::new(),
            connection_init_headers: BTreeMap::new(),
            admin_token: Secret::default(),
            plan_cache_entries: 5000,
            planning: Planning::default(),
            response_cache: ResponseCache::default(),
            cost: Cost::default(),
            overload: Overload::default(),
            documents: Documents::default(),
            rate_limits: RateLimits::default(),
            authentication: Authentication::default(),
            authorization: Authorization::default(),
            override_labels: BTreeMap::new(),
            query_plan: None,
            upload: Upload::default(),
        }
    }
}
