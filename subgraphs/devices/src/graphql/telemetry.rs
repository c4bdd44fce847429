//! Measurements and the quarantine, out.

use std::sync::Arc;

use async_graphql::{ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_graphql::Long;

use crate::telemetry::Sample;
use crate::telemetry::quarantine::QuarantinedMessage;
use crate::telemetry::sample::decimal;

/// One measurement of a device; absent values were not measured.
pub struct SampleNode(pub Arc<Sample>);

/// One measurement of a device; absent values were not measured.
#[Object(name = "TelemetrySample")]
impl SampleNode {
    /// The device.
    async fn device_id(&self) -> ID {
        ID(self.0.device_id.to_string())
    }

    /// When the device measured, by its own clock.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The device's own number of the sample; grows with time.
    async fn sequence(&self) -> Long {
        Long(self.0.sequence)
    }

    /// Processor load in percent.
    async fn cpu_percent(&self) -> Option<f64> {
        self.0.cpu_percent.map(decimal)
    }

    /// Memory in use in percent.
    async fn memory_percent(&self) -> Option<f64> {
        self.0.memory_percent.map(decimal)
    }

    /// Memory in use in MiB.
    async fn memory_used_mb(&self) -> Option<f64> {
        self.0.memory_used_mb.map(decimal)
    }

    /// Storage in use in MiB.
    async fn storage_used_mb(&self) -> Option<f64> {
        self.0.storage_used_mb.map(decimal)
    }

    /// Battery charge in percent.
    async fn battery_percent(&self) -> Option<f64> {
        self.0.battery_percent.map(decimal)
    }

    /// Whether the battery is being charged.
    async fn battery_charging(&self) -> Option<bool> {
        self.0.battery_charging
    }

    /// Temperature in degrees Celsius.
    async fn temperature_celsius(&self) -> Option<f64> {
        self.0.temperature_celsius.map(decimal)
    }

    /// Received traffic in kbit/s.
    async fn network_rx_kbps(&self) -> Option<f64> {
        self.0.network_rx_kbps.map(decimal)
    }

    /// Sent traffic in kbit/s.
    async fn network_tx_kbps(&self) -> Option<f64> {
        self.0.network_tx_kbps.map(decimal)
    }

    /// Frames that the screen shows per second.
    async fn frames_per_second(&self) -> Option<f64> {
        self.0.frames_per_second.map(decimal)
    }

    /// Package name of the app in front.
    async fn foreground_app(&self) -> Option<&str> {
        self.0.foreground_app.as_deref()
    }

    /// Degrees north.
    async fn latitude(&self) -> Option<f64> {
        self.0.latitude
    }

    /// Degrees east.
    async fn longitude(&self) -> Option<f64> {
        self.0.longitude
    }
}

/// A message that was not accepted.
#[derive(SimpleObject)]
#[graphql(name = "QuarantinedMessage")]
pub struct QuarantinedNode {
    /// The message.
    id: ID,
    /// The device that the topic names.
    device_id: Option<ID>,
    /// Where it was published.
    topic: String,
    /// What is wrong, as a code such as `OUT_OF_RANGE`.
    reason: String,
    /// What is wrong, in words.
    detail: String,
    /// The beginning of the message, as text.
    payload: String,
    /// How many bytes the message had.
    payload_bytes: i32,
    /// When it came.
    at: DateTime<Utc>,
}

impl From<QuarantinedMessage> for QuarantinedNode {
    fn from(message: QuarantinedMessage) -> Self {
        Self {
            id: ID(message.id.to_string()),
            device_id: message.device_id.map(|id| ID(id.to_string())),
            topic: message.topic,
            reason: message.reason,
            detail: message.detail,
            payload: message.payload,
            payload_bytes: message.payload_bytes,
            at: message.at,
        }
    }
}
