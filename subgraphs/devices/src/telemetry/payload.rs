//! The telemetry message that devices publish: its schema, its bounds, and its decoding.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use cloudphone_core::{DeviceId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::sample::Sample;

/// Bytes that a telemetry message may have.
pub const MAX_PAYLOAD_BYTES: usize = 4096;
/// How far a device's clock may run ahead of ours.
const MAX_AHEAD: TimeDelta = TimeDelta::minutes(2);
/// How old a sample may be: what a device buffered while it was off the network is welcome for a day.
const MAX_BEHIND: TimeDelta = TimeDelta::hours(24);

/// One telemetry message as it travels on `{base}/telemetry`. Unknown fields are ignored, so that devices may be newer.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TelemetryPayload<'a> {
    /// When the device measured, by its own clock.
    pub ts: DateTime<Utc>,
    /// Grows with each sample, and never repeats for the same `ts`.
    pub seq: u64,
    /// Processor load in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub cpu: Option<f32>,
    /// Memory in use in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub memory: Option<f32>,
    /// Memory in use in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1_048_576.0))]
    pub memory_used_mb: Option<f32>,
    /// Storage in use in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 16_777_216.0))]
    pub storage_used_mb: Option<f32>,
    /// Battery charge in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub battery_percent: Option<f32>,
    /// Whether the battery is being charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery_charging: Option<bool>,
    /// Temperature of the phone in degrees Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -60.0, max = 150.0))]
    pub temperature_celsius: Option<f32>,
    /// Received traffic in kbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100_000_000.0))]
    pub network_rx_kbps: Option<f32>,
    /// Sent traffic in kbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100_000_000.0))]
    pub network_tx_kbps: Option<f32>,
    /// Frames that the screen shows per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub fps: Option<f32>,
    /// Package name of the app in front.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub foreground_app: Option<Cow<'a, str>>,
    /// Degrees north; comes with `longitude`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -90.0, max = 90.0))]
    pub latitude: Option<f64>,
    /// Degrees east; comes with `latitude`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -180.0, max = 180.0))]
    pub longitude: Option<f64>,
}

/// Why a message was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Malformed {
    /// More bytes than a sample can need.
    #[error("the message has {0} bytes; {MAX_PAYLOAD_BYTES} are allowed")]
    Oversized(usize),
    /// Not the JSON of a sample.
    #[error("not a telemetry message: {0}")]
    Undecodable(String),
    /// A value that cannot be.
    #[error("`{0}` is out of range")]
    OutOfRange(&'static str),
    /// The device's clock is wrong, or the sample is too old.
    #[error("`ts` is {0} s away from the platform's clock")]
    ClockSkew(i64),
}

impl Malformed {
    /// The stable word for counters and the quarantine.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Oversized(_) => "OVERSIZED",
            Self::Undecodable(_) => "UNDECODABLE",
            Self::OutOfRange(_) => "OUT_OF_RANGE",
            Self::ClockSkew(_) => "CLOCK_SKEW",
        }
    }
}

/// Reads and checks one message. Allocates only for the name of the foreground app.
pub fn decode(
    tenant_id: TenantId,
    device_id: DeviceId,
    payload: &[u8],
    now: DateTime<Utc>,
) -> Result<Sample, Malformed> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(Malformed::Oversized(payload.len()));
    }
    let message: TelemetryPayload<'_> =
        serde_json::from_slice(payload).map_err(|error| Malformed::Undecodable(error.to_string()))?;
    let ahead = message.ts - now;
    if ahead > MAX_AHEAD || -ahead > MAX_BEHIND {
        return Err(Malformed::ClockSkew(ahead.num_seconds()));
    }
    message.check()?;
    Ok(Sample {
        tenant_id,
        device_id,
        // PostgreSQL keeps microseconds; what is compared later must be what is stored.
        at: message.ts.trunc_subsecs(6),
        sequence: i64::try_from(message.seq).map_err(|_| Malformed::OutOfRange("seq"))?,
        cpu_percent: message.cpu,
        memory_percent: message.memory,
        memory_used_mb: message.memory_used_mb,
        storage_used_mb: message.storage_used_mb,
        battery_percent: message.battery_percent,
        battery_charging: message.battery_charging,
        temperature_celsius: message.temperature_celsius,
        network_rx_kbps: message.network_rx_kbps,
        network_tx_kbps: message.network_tx_kbps,
        frames_per_second: message.fps,
        foreground_app: message.foreground_app.map(Arc::from),
        latitude: message.latitude,
        longitude: message.longitude,
    })
}

impl TelemetryPayload<'_> {
    fn check(&self) -> Result<(), Malformed> {
        let ranges = [
            ("cpu", self.cpu, 0.0, 100.0),
            ("memory", self.memory, 0.0, 100.0),
            ("memoryUsedMb", self.memory_used_mb, 0.0, 1_048_576.0),
            ("storageUsedMb", self.storage_used_mb, 0.0, 16_777_216.0),
            ("batteryPercent", self.battery_percent, 0.0, 100.0),
            ("temperatureCelsius", self.temperature_celsius, -60.0, 150.0),
            ("networkRxKbps", self.network_rx_kbps, 0.0, 100_000_000.0),
            ("networkTxKbps", self.network_tx_kbps, 0.0, 100_000_000.0),
            ("fps", self.fps, 0.0, 1000.0),
        ];
        for (field, value, min, max) in ranges {
            if value.is_some_and(|value| !(min..=max).contains(&value)) {
                return Err(Malformed::OutOfRange(field));
            }
        }
        if self.latitude.is_some_and(|value| !(-90.0..=90.0).contains(&value)) {
            return Err(Malformed::OutOfRange("latitude"));
        }
        if self.longitude.is_some_and(|value| !(-180.0..=180.0).contains(&value)) {
            return Err(Malformed::OutOfRange("longitude"));
        }
        if self.latitude.is_some() != self.longitude.is_some() {
            return Err(Malformed::OutOfRange("longitude"));
        }
        if self.foreground_app.as_ref().is_some_and(|app| app.len() > 255 || app.contains('\0')) {
            return Err(Malformed::OutOfRange("foregroundApp"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn now() -> DateTime<Utc> {
        "2026-05-01T12:00:00Z".parse().unwrap()
    }

    fn decoded(json: &str) -> Result<Sample, Malformed> {
        decode(TenantId::new(), DeviceId::new(), json.as_bytes(), now())
    }

    #[test]
    fn a_sample_is_read_with_its_units() {
        let sample = decoded(
            r#"{"ts":"2026-05-01T11:59:59.250Z","seq":7,"cpu":12.5,"batteryPercent":80,"foregroundApp":"org.example.game",
               "latitude":52.5,"longitude":13.4,"somethingNewer":true}"#,
        )
        .unwrap();
        assert_eq!((sample.sequence, sample.cpu_percent, sample.battery_percent), (7, Some(12.5), Some(80.0)));
        assert_eq!(sample.foreground_app.as_deref(), Some("org.example.game"));
        assert_eq!(sample.memory_percent, None);
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        for (json, reason) in [
            (r#"{"ts":"2026-05-01T12:00:00Z","seq":1,"cpu":101}"#, "OUT_OF_RANGE"),
            (r#"{"ts":"2026-05-01T12:00:00Z","seq":1,"cpu":-1}"#, "OUT_OF_RANGE"),
            (r#"{"ts":"2026-05-01T12:00:00Z","seq":18446744073709551615}"#, "OUT_OF_RANGE"),
            (r#"{"ts":"2026-05-01T12:00:00Z","seq":1,"latitude":10}"#, "OUT_OF_RANGE"),
            (r#"{"ts":"2026-05-01T12:00:00Z","seq":1,"foregroundApp":"a\u0000b"}"#, "OUT_OF_RANGE"),
            (r#"{"ts":"2026-05-01T12:03:00Z","seq":1}"#, "CLOCK_SKEW"),
            (r#"{"ts":"2026-04-30T11:59:00Z","seq":1}"#, "CLOCK_SKEW"),
            (r#"{"ts":"2026-05-01T12:00:00Z"}"#, "UNDECODABLE"),
            (r#"{"ts":"2026-05-01T12:00:00Z","seq":-1}"#, "UNDECODABLE"),
            ("[]", "UNDECODABLE"),
            ("", "UNDECODABLE"),
        ] {
            assert_eq!(decoded(json).unwrap_err().reason(), reason, "{json}");
        }
        assert_eq!(decoded(&" ".repeat(MAX_PAYLOAD_BYTES + 1)).unwrap_err().reason(), "OVERSIZED");
    }

    proptest! {
        #[test]
        fn no_bytes_can_upset_the_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(TenantId::new(), DeviceId::new(), &bytes, now());
        }

        #[test]
        fn what_a_device_encodes_the_platform_reads(cpu in 0.0f32..=100.0, seq in 0u64..1 << 60) {
            let payload = TelemetryPayload { ts: now(), seq, cpu: Some(cpu), ..TelemetryPayload::default() };
            let sample = decode(TenantId::new(), DeviceId::new(), &serde_json::to_vec(&payload).unwrap(), now()).unwrap();
            prop_assert_eq!(sample.cpu_percent, Some(cpu));
            prop_assert_eq!(u64::try_from(sample.sequence).unwrap(), seq);
        }
    }
}
