//! A shop of four live subgraphs, reached in this process or over HTTP and web sockets.
// Resolvers are async for async-graphql even when they have nothing to wait for.
#![allow(clippy::unwrap_used, clippy::unused_async, dead_code, missing_docs)]

pub mod accounts;
pub mod faults;
pub mod inventory;
pub mod products;
pub mod reviews;
pub mod upstream;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::{Executor as GraphQlExecutor, Request, Variables};
use async_graphql_axum::{GraphQL, GraphQLSubscription};
use async_trait::async_trait;
use bytes::Bytes;
use cloudphone_execution::{
    ExecutionRequest, ExecutionResult, Executor, RequestContext, ServiceOptions, SubgraphRequest, SubgraphService,
    subgraphs::{
        http::{HttpOptions, HttpSubgraph},
        in_process::{InProcessSubgraph, LocalSubgraph},
        websocket::{WebSocketOptions, WebSocketSubgraph},
    },
};
use cloudphone_planning::{FederationPlanner, PlanRequest, Planner, PlannerOptions, PreparedOperation, Supergraph};
use faults::Faults;
use futures::{StreamExt, stream::BoxStream};
use serde_json::{Map, Value};

pub const SUPERGRAPH: &str = include_str!("supergraph.graphql");
pub const SUBGRAPHS: [&str; 4] = ["accounts", "inventory", "products", "reviews"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    InProcess,
    Http,
}

pub struct Local<E>(pub E);

fn graphql_request(request: &SubgraphRequest) -> Request {
    Request::new(&*request.query).variables(Variables::from_json(serde_json::from_slice(&request.variables).unwrap()))
}

#[async_trait]
impl<E: GraphQlExecutor> LocalSubgraph for Local<E> {
    async fn execute(&self, request: SubgraphRequest) -> Bytes {
        serde_json::to_vec(&self.0.execute(graphql_request(&request)).await).unwrap().into()
    }

    fn subscribe(&self, request: SubgraphRequest) -> BoxStream<'static, Bytes> {
        let stream = self.0.execute_stream(graphql_request(&request), None);
        stream.map(|response| Bytes::from(serde_json::to_vec(&response).unwrap())).boxed()
    }
}

pub struct Shop {
    pub planner: Arc<FederationPlanner>,
    pub executor: Executor,
    pub reviews: reviews::Reviews,
    pub faults: HashMap<&'static str, Arc<Faults>>,
}

impl Shop {
    pub async fn open(transport: Transport) -> Self {
        Self::open_with(transport, PlannerOptions::default(), Duration::from_secs(20)).await
    }

    /// In this process, over a supergraph of the test's own.
    pub async fn open_over(supergraph: &str) -> Self {
        let shop = Self::open(Transport::InProcess).await;
        let planner = FederationPlanner::new(Supergraph::parse(supergraph).unwrap(), PlannerOptions::default());
        Self { planner: Arc::new(planner), ..shop }
    }

    pub async fn open_with(transport: Transport, options: PlannerOptions, timeout: Duration) -> Self {
        let reviews = reviews::Reviews::new();
        let services: [(&'static str, Arc<dyn SubgraphService>); 4] = [
            ("accounts", service(transport, accounts::schema()).await),
            ("inventory", service(transport, inventory::schema()).await),
            ("products", service(transport, products::schema()).await),
            ("reviews", service(transport, reviews::schema(reviews.clone())).await),
        ];
        let mut builder = Executor::builder();
        let mut faults = HashMap::new();
        for (name, service) in services {
            let wrapped = Arc::new(Faults::before(service));
            faults.insert(name, Arc::clone(&wrapped));
            builder = builder.service(name, wrapped, ServiceOptions { timeout });
        }
        let planner = FederationPlanner::new(Supergraph::parse(SUPERGRAPH).unwrap(), options);
        Self { planner: Arc::new(planner), executor: builder.build(), reviews, faults }
    }

    pub async fn prepare(&self, document: &str) -> Arc<PreparedOperation> {
        self.planner.plan(PlanRequest::new(document, None)).await.unwrap()
    }

    pub async fn run(&self, document: &str, variables: Value) -> ExecutionResult {
        self.run_in(document, variables, RequestContext::new("test")).await
    }

    pub async fn run_in(&self, document: &str, variables: Value, context: RequestContext) -> ExecutionResult {
        let operation = self.prepare(document).await;
        self.executor
            .execute(ExecutionRequest { operation, variables: object(variables), context: Arc::new(context) })
            .await
    }

    /// The whole response as JSON.
    pub async fn ask(&self, document: &str) -> Value {
        self.ask_with(document, Value::Null).await
    }

    pub async fn ask_with(&self, document: &str, variables: Value) -> Value {
        json(&self.run(document, variables).await.body)
    }

    pub async fn subscribe(&self, document: &str, context: RequestContext) -> BoxStream<'static, ExecutionResult> {
        let operation = self.prepare(document).await;
        let request = ExecutionRequest { operation, variables: Map::new(), context: Arc::new(context) };
        self.executor.subscribe(request).await.unwrap()
    }

    /// How often each subgraph was called.
    pub fn calls(&self, subgraph: &str) -> Vec<SubgraphRequest> {
        self.faults[subgraph].calls()
    }
}

pub fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

async fn service<E: GraphQlExecutor>(transport: Transport, schema: E) -> Arc<dyn SubgraphService> {
    match transport {
        Transport::InProcess => Arc::new(InProcessSubgraph::new(Arc::new(Local(schema)))),
        Transport::Http => {
            let address = serve(schema, "127.0.0.1:0").await.0;
            let sockets =
                WebSocketSubgraph::new(WebSocketOptions::new(format!("ws://{address}/ws").parse().unwrap())).unwrap();
            let http =
                HttpSubgraph::new(HttpOptions::new(format!("http://{address}/graphql").parse().unwrap())).unwrap();
            Arc::new(http.with_subscriptions(Arc::new(sockets)))
        }
    }
}

/// Serves a schema; dropping the handle's task ends the server and its connections.
pub async fn serve<E: GraphQlExecutor>(
    schema: E,
    address: &str,
) -> (std::net::SocketAddr, tokio::task::JoinHandle<()>) {
    let app = axum::Router::new()
        .route("/graphql", axum::routing::post_service(GraphQL::new(schema.clone())))
        .route_service("/ws", GraphQLSubscription::new(schema));
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
}
