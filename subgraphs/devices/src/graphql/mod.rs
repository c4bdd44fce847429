//! The domain's part of the graph: thin resolvers that parse, call and map.

mod command;
mod device;
mod fleet;
mod input;
mod loaders;
mod mutation;
mod query;
mod specification;
mod subscription;
mod telemetry;
mod template;

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Schema, SchemaBuilder};
use cloudphone_graphql::Subgraph;

use crate::context::DevicesContext;
use loaders::Batches;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

/// The name of this subgraph.
pub const NAME: &str = "devices";

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription).enable_federation().enable_subscription_in_federation()
}

/// The subgraph over a running domain.
pub fn subgraph(context: Arc<DevicesContext>) -> Subgraph {
    let batches = DataLoader::new(Batches::new(Arc::clone(&context)), tokio::spawn).max_batch_size(1000);
    Subgraph::new(NAME, builder().data(context).data(batches).finish())
}

/// The schema in the form that composition reads; needs nothing that runs.
pub fn sdl() -> String {
    Subgraph::new(NAME, builder().finish()).sdl().to_owned()
}

fn domain<'a>(context: &Context<'a>) -> &'a Arc<DevicesContext> {
    context.data_unchecked::<Arc<DevicesContext>>()
}

fn batches<'a>(context: &Context<'a>) -> &'a DataLoader<Batches> {
    context.data_unchecked::<DataLoader<Batches>>()
}
