//! The platform's subgraphs as execution calls them: in this process, or over HTTP with a signed identity.

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
use cloudphone_execution::{SubgraphError, SubgraphRequest, SubgraphService};
use cloudphone_graphql::identity_token::{self, InternalSecret};
use cloudphone_graphql::{RequestScope, Subgraph};
use futures::StreamExt as _;
use futures::stream::BoxStream;
pub use subscriptions::{SubscriptionOptions, SubscriptionProtocol};
use url::Url;

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
    let wrong = |error: url::ParseError| SubgraphError::Unavailable(error.to_string());
    let signer: Arc<dyn RequestDecorator> = Arc::new(Signer(secret.clone()));
    let usual = base_url.join("/graphql/ws").map_err(wrong)?;
    let subscriptions = subscriptions.connect(base_url, usual, Some(Arc::clone(&signer)))?;
    let http = http(base_url.join("/graphql").map_err(wrong)?, timeout)?;
    Ok(Arc::new(http.with_decorator(signer).with_subscriptions(subscriptions)))
}

/// Anybody's subgraph, whose subscriptions are at the same URL unless told otherwise. What it learns of the caller is what
/// `pass_on` tells it.
pub fn foreign(
    url: &Url,
    timeout: Duration,
    subscriptions: &SubscriptionOptions,
    pass_on: Arc<dyn RequestDecorator>,
) -> Result<Arc<dyn SubgraphService>, SubgraphError> {
    let subscriptions = subscriptions.connect(url, url.clone(), Some(Arc::clone(&pass_on)))?;
    Ok(Arc::new(http(url.clone(), timeout)?.with_decorator(pass_on).with_subscriptions(subscriptions)))
}

fn http(url: Url, timeout: Duration) -> Result<HttpSubgraph, SubgraphError> {
    HttpSubgraph::new(HttpOptions { timeout, ..HttpOptions::new(url) })
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
