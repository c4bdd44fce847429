//! Stories about composing subgraphs; every supergraph that comes out is loaded into the planner.

mod async_graphql_export;
mod entities;
mod support;
