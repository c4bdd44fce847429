//! Calls from the router to subgraphs elsewhere: which headers go along, which instance is asked, and what happens when none answers well.
//!
//! A call goes through small layers, from the outside in: [`Subgraph`] takes what answers have for the client, `deduplicate`
//! lets equal queries share one call, `retry` repeats what may be repeated, `guard` keeps time and the circuit breaker,
//! `bulkhead` bounds the calls under way, `instances` chooses who is asked. Below them is the transport of the execution crate.

mod attempt;
mod bulkhead;
mod deduplicate;
mod discovery;
mod guard;
pub mod headers;
mod instances;
mod measures;
mod policy;
mod retry;
mod status;
mod subgraph;
mod traffic;

pub use discovery::{DnsOptions, DnsRecords, Source};
pub use instances::{Balancing, Connect, HealthCheck, Place, Weighted};
pub use policy::{Policy, RetryPolicy};
pub use status::{BreakerReport, InstanceReport, PoolReport};
pub use subgraph::Subgraph;
pub use traffic::{Destination, Traffic};
