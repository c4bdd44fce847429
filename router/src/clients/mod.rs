//! How clients reach the graph: HTTP, WebSocket, Server-Sent Events and multipart streams.

mod accept;
mod envelope;
pub mod graphiql;
pub mod http;
mod operations;
pub mod protocol;
pub mod request;
mod sse;
mod streaming;
pub mod websocket;
