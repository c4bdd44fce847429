//! Events of subscriptions, out.

use async_graphql::{ID, SimpleObject};
use cloudphone_graphql::Long;

use super::device::{DeviceNode, TransitionNode};
use super::telemetry::SampleNode;
use crate::device::DeviceChange;
use crate::telemetry::feed::FeedItem;
use crate::telemetry::fleet_feed::{FleetBatch, FleetEventKind};

/// A new measurement of a device.
#[derive(SimpleObject)]
pub struct DeviceTelemetryEvent {
    /// The device as it is now.
    device: DeviceNode,
    /// The measurement.
    sample: SampleNode,
    /// Whether measurements before this one were lost to this subscription; ask the history for them.
    gap: bool,
}

impl From<FeedItem> for DeviceTelemetryEvent {
    fn from(item: FeedItem) -> Self {
        Self { device: DeviceNode(item.device), sample: SampleNode(item.sample), gap: item.gap }
    }
}

/// News of a wall of devices.
#[derive(SimpleObject)]
pub struct FleetEvent {
    /// Grows by one with each event of this subscription, so that a loss shows.
    sequence: Long,
    /// What it is about.
    kind: FleetEventKind,
    /// The devices as they are now, with their latest measurement; empty when devices were removed.
    devices: Vec<DeviceNode>,
    /// The devices that match no longer; empty for all other kinds.
    removed_ids: Vec<ID>,
}

impl From<FleetBatch> for FleetEvent {
    fn from(batch: FleetBatch) -> Self {
        Self {
            sequence: Long(batch.sequence),
            kind: batch.kind,
            devices: batch.devices.into_iter().map(DeviceNode).collect(),
            removed_ids: batch.removed.into_iter().map(|id| ID(id.to_string())).collect(),
        }
    }
}

/// A device that changed.
#[derive(SimpleObject)]
pub struct DeviceChangedEvent {
    /// The device as it is now; in state `DELETED` when it is gone.
    device: DeviceNode,
    /// The move behind the change; absent when the state did not change.
    transition: Option<TransitionNode>,
}

impl From<DeviceChange> for DeviceChangedEvent {
    fn from(change: DeviceChange) -> Self {
        let transition = change.transition.as_deref().map(Into::into);
        Self { device: DeviceNode(change.device), transition }
    }
}
