//! The platform's subgraphs as execution calls them: in this process, or over HTTP with a signed identity.

mod pages;
mod subscriptions;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Variables};
use async_trait::async_trait;
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use cloudphone_core::{Caller, Origin};
use cloudphone_execution::subgraphs::http::{HttpOptions, HttpSubgraph, RequestDecorator};
use cloudphone_execution::subgraphs::in_process::{InProcessSubgraph, LocalSubgraph};
use cloudphone_execution::subgraphs::reach::Reach;
use cloudphone_execution::{SubgraphError, SubgraphRequest, SubgraphService};
use cloudphone_graphql::identity_token::{self, InternalSecret};
use cloudphone_graphql::{RequestScope, Subgraph};
use cloudphone_traffic::headers::{ClientHeaders, RequestRules};
use cloudphone_traffic::{Connect, Place};
use futures::StreamExt as _;
use futures::stream::BoxStream;
pub use subscriptions::{SubscriptionOptions, SubscriptionProtocol};
use url::Url;

pub use pages::{Operator, pages};

/// A subgraph of this process.
pub fn in_process(subgraph: Subgraph) -> Arc<dyn SubgraphService> {
    Arc::new(InProcessSubgraph::new(Arc::new(Local(subgraph))))
}

/// A subgraph at `base_url`, such as `http://devices:30002`, which believes identities signed with the secret.
pub fn remote(
    base_url: &Url,
    secret: &InternalSecret,
    timeout: Duration,
    subscriptions: &SubscriptionOptions,
) -> Result<Arc<dyn SubgraphService>, SubgraphError> {
    let options = HttpOptions { timeout, ..HttpOptions::new(base_url.clone()) };
    let decorator = signed(Arc::default(), secret.clone());
    connect(options, decorator, subscriptions.clone(), &OURS)(&Place::new(base_url.clone()))
}

/// Anybody's subgraph, whose subscriptions are at the same URL unless told otherwise. What it learns of the caller is what
/// `pass_on` tells it.
pub fn foreign(
    url: &Url,
    timeout: Duration,
    subscriptions: &SubscriptionOptions,
    pass_on: Arc<dyn RequestDecorator>,
) -> Result<Arc<dyn SubgraphService>, SubgraphError> {
    let options = HttpOptions { timeout, ..HttpOptions::new(url.clone()) };
    connect(options, pass_on, subscriptions.clone(), &THEIRS)(&Place::new(url.clone()))
}

/// What a subgraph of the platform is told: what the rules forward, and a signed token of who asks.
pub fn signed(rules: Arc<RequestRules>, secret: InternalSecret) -> Arc<dyn RequestDecorator> {
    told(rules, Arc::new(Signer(secret)))
}

/// What a subgraph is told: what the rules forward, and after that, so that nothing forwarded takes its place, who asks.
pub fn told(rules: Arc<RequestRules>, who: Arc<dyn RequestDecorator>) -> Arc<dyn RequestDecorator> {
    Arc::new(Told { rules, who })
}

/// Makes transports to instances of a subgraph of the platform, at base URLs. `options` says how; their URL does not count.
pub fn connect_remote(
    options: HttpOptions,
    decorator: Arc<dyn RequestDecorator>,
    subscriptions: SubscriptionOptions,
) -> Connect {
    connect(options, decorator, subscriptions.lost_at_once(), &OURS)
}

/// Makes transports to instances of anybody's subgraph, whose subscriptions are at the same URL unless told otherwise. They learn
/// nothing of the caller but what the decorator tells. `options` says how; their URL does not count.
pub fn connect_foreign(
    options: HttpOptions,
    decorator: Arc<dyn RequestDecorator>,
    subscriptions: SubscriptionOptions,
) -> Connect {
    connect(options, decorator, subscriptions.lost_at_once(), &THEIRS)
}

/// Where a subgraph answers below the place of an instance; none: there.
struct Paths {
    operations: Option<&'static str>,
    subscriptions: Option<&'static str>,
}

const OURS: Paths = Paths { operations: Some("/graphql"), subscriptions: Some("/graphql/ws") };
const THEIRS: Paths = Paths { operations: None, subscriptions: None };

fn connect(
    options: HttpOptions,
    decorator: Arc<dyn RequestDecorator>,
    subscriptions: SubscriptionOptions,
    paths: &'static Paths,
) -> Connect {
    Arc::new(move |place: &Place| {
        let (base, reach) = way(place, &options.reach, paths.operations)?;
        let (usual, _) = way(place, &options.reach, paths.subscriptions)?;
        let subscriptions = subscriptions.connect(&base, usual, &reach, Arc::clone(&decorator))?;
        let http = HttpSubgraph::new(HttpOptions { url: base, reach, ..options.clone() })?;
        Ok(Arc::new(http.with_decorator(Arc::clone(&decorator)).with_subscriptions(subscriptions)))
    })
}

/// The URL to ask an instance for, at its own path or at this one, and how to get to it.
fn way(place: &Place, reach: &Reach, path: Option<&str>) -> Result<(Url, Reach), SubgraphError> {
    let joined = |url: &Url, path: &str| url.join(path).map_err(|error| SubgraphError::Unavailable(error.to_string()));
    if place.url.scheme() != "unix" {
        let url = path.map_or_else(|| Ok(place.url.clone()), |path| joined(&place.url, path))?;
        return Ok((url, Reach { address: place.address, ..reach.clone() }));
    }
    // `unix:/run/reviews.sock?path=/graphql`: HTTP needs a host all the same.
    let told = place.url.query_pairs().find(|(name, _)| name == "path").map(|(_, path)| path.into_owned());
    let path = told.as_deref().or(path).unwrap_or("/graphql");
    let host = Url::parse("http://localhost").expect("a valid URL");
    Ok((joined(&host, path)?, Reach { unix_socket: Some(place.url.path().into()), ..reach.clone() }))
}

struct Local(Subgraph);

#[async_trait]
impl LocalSubgraph for Local {
    async fn execute(&self, request: SubgraphRequest) -> Bytes {
        let scope = scope_of(&request);
        encode(&self.0.execute(graphql_request(&request), scope).await)
    }

    fn subscribe(&self, request: SubgraphRequest) -> BoxStream<'static, Bytes> {
        let scope = scope_of(&request);
        self.0.subscribe(graphql_request(&request), scope).map(|response| encode(&response)).boxed()
    }
}

fn graphql_request(request: &SubgraphRequest) -> Request {
    // Execution writes the variables itself, so that they are always an object.
    let variables: Variables = serde_json::from_slice(&request.variables).unwrap_or_default();
    let graphql = Request::new(&*request.query).variables(variables);
    match &request.operation_name {
        Some(name) => graphql.operation_name(&**name),
        None => graphql,
    }
}

fn encode(response: &async_graphql::Response) -> Bytes {
    serde_json::to_vec(response).expect("a GraphQL response is a plain value").into()
}

/// The gateway puts the scope into every request; without it nobody is signed in.
fn scope_of(request: &SubgraphRequest) -> RequestScope {
    let scope = request.context.extensions.get::<RequestScope>();
    scope.cloned().unwrap_or_else(|| RequestScope::anonymous(Origin::internal()))
}

struct Told {
    rules: Arc<RequestRules>,
    who: Arc<dyn RequestDecorator>,
}

impl RequestDecorator for Told {
    fn identity(&self, request: &SubgraphRequest) -> Option<Bytes> {
        let who = self.who.identity(request)?;
        // Who differs in what is forwarded is somebody else.
        let client = request.context.extensions.get::<ClientHeaders>().cloned().unwrap_or_default();
        let forwarded = self.rules.told(&client);
        let forwarded: Vec<(&str, &[u8])> =
            forwarded.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        Some(serde_json::to_vec(&(&who[..], forwarded)).expect("names and bytes are plain values").into())
    }

    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap) {
        self.rules.decorate(request, headers);
        self.who.decorate(request, headers);
    }
}

/// Signs the scope of each call for the subgraph that is called.
struct Signer(InternalSecret);

impl RequestDecorator for Signer {
    /// The caller. Where it calls from and until when it may, each token tells anew; streams that are shared are watched by the router.
    fn identity(&self, request: &SubgraphRequest) -> Option<Bytes> {
        let RequestScope { caller, origin: _ } = scope_of(request);
        let Some(Caller { subject, tenant_id, permissions, expires_at, origin: _ }) = caller else {
            return Some(Bytes::from_static(b"null"));
        };
        let told = serde_json::to_vec(&(subject, tenant_id, permissions, expires_at));
        Some(told.expect("a caller is a plain value").into())
    }

    fn decorate(&self, request: &SubgraphRequest, headers: &mut HeaderMap) {
        let signed = identity_token::sign(&scope_of(request), &request.subgraph, &self.0);
        let value = signed.ok().and_then(|token| HeaderValue::try_from(token).ok());
        if let Some(mut value) = value {
            value.set_sensitive(true);
            headers.insert(identity_token::HEADER, value);
        } else {
            tracing::error!(subgraph = &*request.subgraph, "an identity could not be signed");
        }
    }
}
