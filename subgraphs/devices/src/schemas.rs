//! The published schemas of MQTT messages, for documents and for makers of devices.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::command::{Ack, CommandMessage};
use crate::report::{ReportedTwin, StatusMessage};
use crate::telemetry::TelemetryPayload;

/// One kind of MQTT message.
#[derive(Clone, Debug, PartialEq)]
pub struct MqttSchema {
    /// The topic, with `{tenant}`, `{device}` and `{command}` as parameters.
    pub topic: &'static str,
    /// Whether devices publish it; else they read it.
    pub from_device: bool,
    /// What it is.
    pub summary: &'static str,
    /// The JSON Schema (draft 2020-12) of the payload.
    pub schema: Value,
}

/// Every kind of MQTT message between devices and the platform.
pub fn mqtt_schemas() -> Vec<MqttSchema> {
    vec![
        upward::<TelemetryPayload<'static>>(
            "cloudphone/v1/{tenant}/devices/{device}/telemetry",
            "A measurement. At QoS 1 it is acknowledged when it is stored, and counts once however often it is sent; at QoS 0 it may be lost.",
        ),
        upward::<StatusMessage>(
            "cloudphone/v1/{tenant}/devices/{device}/status",
            "Whether the device is on the network; retained, and the Last Will.",
        ),
        upward::<ReportedTwin>(
            "cloudphone/v1/{tenant}/devices/{device}/reported",
            "What the device says about itself; retained.",
        ),
        upward::<Ack>("cloudphone/v1/{tenant}/devices/{device}/acks", "The answer to a command."),
        MqttSchema {
            from_device: false,
            ..upward::<CommandMessage>(
                "cloudphone/v1/{tenant}/devices/{device}/commands/{command}",
                "An order to the device.",
            )
        },
    ]
}

fn upward<T: JsonSchema>(topic: &'static str, summary: &'static str) -> MqttSchema {
    let generator = SchemaSettings::draft2020_12().into_generator();
    MqttSchema { topic, from_device: true, summary, schema: generator.into_root_schema_for::<T>().to_value() }
}
