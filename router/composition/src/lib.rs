//! Composes the schemas of Apollo Federation subgraphs, version 1 and 2, into one supergraph.
//!
//! The library is pure: text in, text and findings out.
//!
//! ```
//! use cloudphone_composition::{Subgraph, compose};
//!
//! let products = Subgraph {
//!     name: "products".into(),
//!     url: "http://products".into(),
//!     sdl: "type Query { top: Product } type Product @key(fields: \"id\") { id: ID! }".into(),
//! };
//! let composition = compose(&[products])?;
//! assert!(composition.supergraph_sdl.contains("@join__type(graph: PRODUCTS, key: \"id\")"));
//! # Ok::<(), Vec<cloudphone_composition::CompositionError>>(())
//! ```

mod compose;
mod diff;
mod finding;
mod merge;
mod satisfiability;
mod subgraph;
mod supergraph;
mod syntax;
mod validate;

pub use compose::{Composition, Subgraph, compose};
pub use diff::{Change, Criticality, breaking_changes};
pub use finding::{CompositionError, Hint};
