//! How clients reach the graph: HTTP, WebSocket and Server-Sent Events.

mod accept;
pub mod graphiql;
pub mod http;
pub mod protocol;
pub mod request;
pub mod sse;
pub mod websocket;
