//! A subgraph as its callers see it: a name, an SDL and something that executes requests.

use std::sync::Arc;

use async_graphql::{ObjectType, Request, Response, SDLExportOptions, Schema, SubscriptionType};
use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt as _};

use crate::RequestScope;
use crate::error::coded;

#[async_trait]
trait Execute: Send + Sync + 'static {
    async fn execute(&self, request: Request) -> Response;
    fn subscribe(&self, request: Request) -> BoxStream<'static, Response>;
}

#[async_trait]
impl<Q, M, S> Execute for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    async fn execute(&self, request: Request) -> Response {
        Schema::execute(self, request).await
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        Box::pin(self.execute_stream(request))
    }
}

/// One domain's part of the graph, ready to answer.
#[derive(Clone)]
pub struct Subgraph {
    name: &'static str,
    sdl: Arc<str>,
    schema: Arc<dyn Execute>,
}

impl Subgraph {
    /// Wraps a federated schema under the domain's name.
    pub fn new<Q, M, S>(name: &'static str, schema: Schema<Q, M, S>) -> Self
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let sdl = schema.sdl_with_options(export_options()).into();
        Self { name, sdl, schema: Arc::new(schema) }
    }

    /// The domain's name, such as `devices`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The schema in the Federation v2 form that composition reads.
    pub fn sdl(&self) -> &str {
        &self.sdl
    }

    /// Answers a query or mutation for the caller in `scope`.
    pub async fn execute(&self, request: Request, scope: RequestScope) -> Response {
        coded(self.schema.execute(request.data(scope)).await)
    }

    /// Answers a subscription for the caller in `scope`.
    pub fn subscribe(&self, request: Request, scope: RequestScope) -> BoxStream<'static, Response> {
        self.schema.subscribe(request.data(scope)).map(coded).boxed()
    }
}

/// Sorted, so that the exported file changes only when the schema does.
fn export_options() -> SDLExportOptions {
    SDLExportOptions::new().federation().sorted_fields().sorted_arguments().sorted_enum_items().use_space_ident()
}
