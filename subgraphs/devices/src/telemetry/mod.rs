//! Telemetry: in over MQTT, out over subscriptions, kept in partitions and roll-ups.
//!
//! What a device published at `QoS 1` or 2 is acknowledged when it is stored, whichever broker it was published to.

pub mod feed;
pub mod fleet_feed;
pub mod history;
pub mod hub;
pub mod inlet;
pub mod intake;
pub mod limit;
pub mod partitions;
pub mod payload;
pub mod quarantine;
pub mod read;
pub mod rollup;
pub mod sample;
pub mod store;
pub mod subscriber;
#[cfg(test)]
pub mod testing;
pub mod unstored;
pub mod writer;

pub use hub::Hub;
pub use inlet::TelemetryInlet;
pub use intake::Intake;
#[cfg(test)]
pub use payload::decode;
pub use payload::{Malformed, TelemetryPayload};
pub use sample::Sample;
pub use subscriber::Subscriber;
pub use unstored::NotStored;
pub use writer::Writer;
