//! The federation router: one graph over all subgraphs, for clients over HTTP, WebSocket and streams of events or parts.
//!
//! The way of a request: `clients` read it, `authentication` says who is asking, `pipeline` takes it through its stages, of
//! which `protection` has most, `gateway` prepares and executes it over the subgraphs, `streams` shares what is live among those who may see the same, `session` keeps it in step with each
//! caller's rights.

mod answer;
pub mod authentication;
pub mod authorization;
mod clients;
pub mod documents;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod gateway;
pub mod live;
pub mod origin;
pub mod overrides;
pub mod pipeline;
pub mod protection;
pub mod response_cache;
pub mod server;
mod session;
pub mod streams;
pub mod subgraphs;
