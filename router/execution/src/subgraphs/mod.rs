//! The ways to reach a subgraph.

pub mod http;
pub mod in_process;
pub mod websocket;
