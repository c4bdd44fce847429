//! How clients reach the graph: HTTP, WebSocket, Server-Sent Events and multipart streams.

mod accept;
mod envelope;
pub mod graphiql;
pub mod http;
mod multipart;
mod operations;
mod outbox;
mod place;
pub(crate) mod plan;
pub mod protocol;
mod remainder;
pub mod request;
pub mod reservations;
mod sse;
mod streaming;
mod trace;
pub(crate) mod uploads;
pub mod websocket;
