//! The MQTT topics of devices: `cloudphone/v1/{tenant}/devices/{device}/…`.

use cloudphone_core::{CommandId, DeviceId, TenantId};
use uuid::Uuid;

const ROOT: &str = "cloudphone/v1";

/// Where the platform listens for telemetry of every device.
pub const ALL_TELEMETRY: &str = "cloudphone/v1/+/devices/+/telemetry";
/// Where the platform listens for whether devices are on the network.
pub const ALL_STATUS: &str = "cloudphone/v1/+/devices/+/status";
/// Where the platform listens for what devices say about themselves.
pub const ALL_REPORTED: &str = "cloudphone/v1/+/devices/+/reported";
/// Where the platform listens for answers to commands.
pub const ALL_ACKS: &str = "cloudphone/v1/+/devices/+/acks";

/// What a device publishes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Measurements.
    Telemetry,
    /// On the network or not.
    Status,
    /// What the device says about itself.
    Reported,
    /// Answers to commands.
    Acks,
}

impl Channel {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Telemetry, Self::Status, Self::Reported, Self::Acks];

    /// The last level of the topic.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Telemetry => "telemetry",
            Self::Status => "status",
            Self::Reported => "reported",
            Self::Acks => "acks",
        }
    }
}

/// A topic on which a device publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceTopic {
    /// The tenant that the topic names.
    pub tenant_id: TenantId,
    /// The device that the topic names.
    pub device_id: DeviceId,
    /// What is published on it.
    pub channel: Channel,
}

impl DeviceTopic {
    /// Reads a topic; `None` when it is not one on which devices publish.
    pub fn parse(topic: &str) -> Option<Self> {
        let rest = topic.strip_prefix(ROOT)?.strip_prefix('/')?;
        let mut levels = rest.split('/');
        let tenant_id = TenantId(canonical_uuid(levels.next()?)?);
        if levels.next()? != "devices" {
            return None;
        }
        let device_id = DeviceId(canonical_uuid(levels.next()?)?);
        let channel = match levels.next()? {
            "telemetry" => Channel::Telemetry,
            "status" => Channel::Status,
            "reported" => Channel::Reported,
            "acks" => Channel::Acks,
            _ => return None,
        };
        levels.next().is_none().then_some(Self { tenant_id, device_id, channel })
    }
}

/// Only the hyphenated lower-case form, so that one device has one topic.
fn canonical_uuid(text: &str) -> Option<Uuid> {
    if text.len() != 36 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    Uuid::try_parse(text).ok()
}

/// What all topics of a device start with; a device may publish and read below it only.
pub fn base(tenant_id: TenantId, device_id: DeviceId) -> String {
    format!("{ROOT}/{tenant_id}/devices/{device_id}")
}

/// A topic on which a device publishes.
pub fn upward(tenant_id: TenantId, device_id: DeviceId, channel: Channel) -> String {
    format!("{}/{}", base(tenant_id, device_id), channel.as_str())
}

/// The topic of one command to a device.
pub fn command(tenant_id: TenantId, device_id: DeviceId, command_id: CommandId) -> String {
    format!("{}/commands/{command_id}", base(tenant_id, device_id))
}

/// What a device subscribes to for its commands.
pub fn commands(tenant_id: TenantId, device_id: DeviceId) -> String {
    format!("{}/commands/+", base(tenant_id, device_id))
}

/// The user name and client id of a device at the broker.
pub fn username(device_id: DeviceId) -> String {
    format!("device-{device_id}")
}

/// The device behind a user name; `None` when it is not one of a device.
pub fn device_of_username(username: &str) -> Option<DeviceId> {
    username.strip_prefix("device-").and_then(canonical_uuid).map(DeviceId)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_topic_comes_back_as_it_went() {
        let (tenant_id, device_id) = (TenantId::new(), DeviceId::new());
        for channel in [Channel::Telemetry, Channel::Status, Channel::Reported, Channel::Acks] {
            let parsed = DeviceTopic::parse(&upward(tenant_id, device_id, channel));
            assert_eq!(parsed, Some(DeviceTopic { tenant_id, device_id, channel }));
        }
        assert_eq!(device_of_username(&username(device_id)), Some(device_id));
    }

    #[test]
    fn topics_that_no_device_publishes_on_are_not_read() {
        let base = base(TenantId::new(), DeviceId::new());
        for topic in [
            format!("{base}/telemetry/more"),
            format!("{base}/commands/{}", CommandId::new()),
            format!("{base}/Telemetry"),
            base.to_uppercase(),
            "cloudphone/v1/+/devices/+/telemetry".to_owned(),
            "cloudphone/v2".to_owned(),
        ] {
            assert_eq!(DeviceTopic::parse(&topic), None, "{topic}");
        }
    }
}
