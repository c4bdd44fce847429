//! Telemetry: in over MQTT, out over subscriptions, kept in partitions and roll-ups.

pub mod feed;
pub mod fleet_feed;
pub mod history;
pub mod hub;
pub mod intake;
pub mod limit;
pub mod partitions;
pub mod payload;
pub mod quarantine;
pub mod read;
pub mod rollup;
pub mod sample;
pub mod store;
#[cfg(test)]
pub mod testing;
pub mod writer;

pub use hub::Hub;
pub use intake::Intake;
#[cfg(test)]
pub use payload::decode;
pub use payload::{Malformed, TelemetryPayload};
pub use sample::Sample;
pub use writer::Writer;
