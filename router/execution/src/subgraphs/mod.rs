//! The ways to reach a subgraph.

pub mod event_stream;
pub mod http;
pub mod in_process;
mod plain;
pub mod recovery;
pub mod websocket;
