//! An MQTT 3.1.1 and 5 broker inside the process, over TCP and WebSocket, that asks its owner who may do what.
//!
//! Policies, stated once: a refused publish is dropped and counted (and answered by *not authorised* in MQTT 5); a device
//! beyond its message rate has messages of `QoS 0` dropped, is disconnected when it goes on at five times the rate, and is slowed down
//! where it asks for acknowledgements; what a [`Tap`] could not keep is not acknowledged, and its sender disconnected; a client that
//! does not read loses messages beyond its queue, which is counted; oversized packets end their connection; whoever leaves a will
//! where it may not publish is not let in.

mod authority;
mod broker;
mod filter;
mod hooks;
mod rate;
mod retain;
mod shared;
mod statistics;
mod tap;

pub use authority::{Authority, ConnectRequest, Principal, Refusal};
pub use broker::{EmbeddedMqtt, Error, Options};
pub use filter::filter_covers;
pub use statistics::Statistics;
pub use tap::{NotKept, Tap};
