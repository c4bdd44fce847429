//! The domain's part of the graph: thin resolvers that parse, call and map.

mod application;
mod device;
mod installation;
mod loaders;
mod mutation;
mod query;
mod subscription;
mod upload;

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Schema, SchemaBuilder};
use cloudphone_graphql::Subgraph;

use crate::context::AppsContext;
use loaders::Batches;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

/// The name of this subgraph.
pub const NAME: &str = "apps";

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation::default(), Subscription).enable_federation().enable_subscription_in_federation()
}

/// The subgraph over a running domain.
pub(crate) fn subgraph(context: Arc<AppsContext>) -> Subgraph {
    let batches = DataLoader::new(Batches::new(Arc::clone(&context)), tokio::spawn).max_batch_size(1000);
    Subgraph::new(NAME, builder().data(context).data(batches).finish())
}

/// The schema in the form that composition reads; needs nothing that runs.
pub fn sdl() -> String {
    Subgraph::new(NAME, builder().finish()).sdl().to_owned()
}

fn domain<'a>(context: &Context<'a>) -> &'a Arc<AppsContext> {
    context.data_unchecked::<Arc<AppsContext>>()
}

fn batches<'a>(context: &Context<'a>) -> &'a DataLoader<Batches> {
    context.data_unchecked::<DataLoader<Batches>>()
}
