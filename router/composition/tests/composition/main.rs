//! Stories about composing subgraphs; every supergraph that comes out is loaded into the planner.

mod async_graphql_export;
mod changes;
mod codes;
mod directives;
mod entities;
mod field_sets;
mod hints;
mod laws;
mod merge_rules;
mod places;
mod refusals;
mod satisfiability;
mod scenarios;
mod support;
mod validity;
mod version_1;
