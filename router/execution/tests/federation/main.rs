//! One small federation per feature: what its subgraphs say of themselves, what is asked, what is answered, and by which calls.
#![allow(clippy::unwrap_used, missing_docs)]

mod abstract_types;
mod call;
mod computed;
mod graph;
mod keys;
mod ownership;
mod subgraph;
