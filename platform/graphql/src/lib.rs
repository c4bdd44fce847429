//! What all subgraphs share: serving a federated schema, the request's caller, errors, connections and scalars.

mod batch;
mod connection;
mod error;
pub mod identity_token;
mod scalar;
mod scope;
mod serve;
mod subgraph;

pub use batch::{NestedPage, Of, grouped};
pub use connection::{Connection, OrderDirection, TotalCount, connection};
pub use error::{UserError, answer, expected, outcome, parse_id, shared, to_graphql_error};
pub use scalar::Long;
pub use scope::{RequestScope, caller, origin};
pub use serve::serve;
pub use subgraph::Subgraph;
