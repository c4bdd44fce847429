//! The domain's part of the graph: parse, call a use case, map the answer.

mod api_key;
mod audit_entry;
mod loader;
mod mutation;
mod query;
mod role;
mod session;
mod tenant;
mod user;

use std::sync::Arc;

use async_graphql::{Context, EmptySubscription, Schema};
use cloudphone_graphql::Subgraph;

use crate::domain::IdentityDomain;
use mutation::Mutation;
use query::Query;

/// The subgraph's name.
pub const NAME: &str = "identity";

/// The subgraph over a domain at work.
pub(crate) fn subgraph(domain: Arc<IdentityDomain>) -> Subgraph {
    let schema = Schema::build(Query, Mutation::default(), EmptySubscription)
        .enable_federation()
        .data(loader::users(&domain))
        .data(loader::roles(&domain))
        .data(domain)
        .finish();
    Subgraph::new(NAME, schema)
}

/// The schema without a domain behind it, for export.
pub(crate) fn sdl() -> String {
    let schema = Schema::build(Query, Mutation::default(), EmptySubscription).enable_federation().finish();
    Subgraph::new(NAME, schema).sdl().to_owned()
}

fn domain<'a>(context: &Context<'a>) -> &'a IdentityDomain {
    context.data_unchecked::<Arc<IdentityDomain>>()
}
