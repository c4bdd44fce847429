//! The instances of a subgraph: who they are, how well, and which one is asked next.

mod balance;
mod following;
mod health;
mod instance;
mod set;

pub use balance::Balancing;
pub use health::HealthCheck;
pub(crate) use health::watch;
pub(crate) use instance::Instance;
pub use instance::{Connect, Place, Weighted};
pub(crate) use set::Instances;
