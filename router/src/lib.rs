//! The federation router: one graph over all subgraphs, for clients over HTTP, WebSocket and Server-Sent Events.
//!
//! The way of a request: `clients` read it, `authentication` says who is asking, `gateway` prepares and executes it over
//! the subgraphs, `stream` and `session` keep what is live in step with the caller's rights.

mod answer;
pub mod authentication;
mod clients;
pub mod gateway;
mod origin;
pub mod protection;
pub mod server;
mod session;
mod stream;
pub mod subgraphs;
