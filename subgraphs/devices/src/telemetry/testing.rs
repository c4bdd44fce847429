//! Builders for the tests of this room.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloudphone_core::{DeviceId, TenantId};

use super::sample::Sample;

/// A sample with a load of ten percent.
pub fn sample(device_id: DeviceId, at: DateTime<Utc>, sequence: i64) -> Arc<Sample> {
    Arc::new(Sample {
        tenant_id: TenantId(uuid::Uuid::nil()),
        device_id,
        at,
        sequence,
        cpu_percent: Some(10.0),
        memory_percent: None,
        memory_used_mb: None,
        storage_used_mb: None,
        battery_percent: None,
        battery_charging: None,
        temperature_celsius: None,
        network_rx_kbps: None,
        network_tx_kbps: None,
        frames_per_second: None,
        foreground_app: None,
        latitude: None,
        longitude: None,
    })
}
