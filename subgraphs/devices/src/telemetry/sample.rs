//! One accepted measurement of one device.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloudphone_core::{DeviceId, TenantId};

/// What identifies a sample: its device, when it was measured, and the device's own number.
pub type SampleKey = (DeviceId, DateTime<Utc>, i64);

/// One accepted measurement of one device; absent values were not measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Whose device it is.
    pub tenant_id: TenantId,
    /// The device.
    pub device_id: DeviceId,
    /// When it measured, by its own clock.
    pub at: DateTime<Utc>,
    /// The device's own number of the sample; with `device_id` and `at` it identifies the sample.
    pub sequence: i64,
    /// Processor load.
    pub cpu_percent: Option<f32>,
    /// Memory in use.
    pub memory_percent: Option<f32>,
    /// Memory in use in MiB.
    pub memory_used_mb: Option<f32>,
    /// Storage in use in MiB.
    pub storage_used_mb: Option<f32>,
    /// Battery charge.
    pub battery_percent: Option<f32>,
    /// Whether the battery is being charged.
    pub battery_charging: Option<bool>,
    /// Temperature.
    pub temperature_celsius: Option<f32>,
    /// Received traffic.
    pub network_rx_kbps: Option<f32>,
    /// Sent traffic.
    pub network_tx_kbps: Option<f32>,
    /// Frames per second.
    pub frames_per_second: Option<f32>,
    /// Package name of the app in front.
    pub foreground_app: Option<Arc<str>>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

impl Sample {
    /// What tells it from all others.
    pub fn key(&self) -> SampleKey {
        (self.device_id, self.at, self.sequence)
    }
}

/// What people mean by a single-precision value: its own digits, not those of its binary neighbour.
pub fn decimal(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}
