//! Renaming, tagging and grouping a device.

use cloudphone_core::{Caller, DeviceId, Validation};
use cloudphone_events::audit::{self, AuditEntry};

use super::model::{Device, Labels};
use super::store;
use crate::context::{DevicesContext, Moved, store_changed};
use crate::error::DevicesError;
use crate::{events, permissions};

/// What to change; absent values stay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceUpdate {
    /// Another name.
    pub name: Option<String>,
    /// Other tags.
    pub tags: Option<Vec<String>>,
    /// Another group; an empty one takes the device out of its group.
    pub group: Option<String>,
    /// The version that the client saw; when the device has another by now, nothing changes.
    pub expected_version: Option<i64>,
}

/// Changes what people say about a device.
pub async fn update_device(
    context: &DevicesContext,
    caller: &Caller,
    id: DeviceId,
    update: DeviceUpdate,
) -> Result<Device, DevicesError> {
    caller.require(&permissions::DEVICE_UPDATE)?;
    let now = context.now();
    let device = context
        .database
        .transaction(caller, async |conn| {
            let found = store::find_for_update(conn, id).await?.filter(Device::is_listed);
            let mut device = found.ok_or_else(DevicesError::no_device)?;
            if update.expected_version.is_some_and(|version| version != device.version) {
                return Err(DevicesError::device_changed());
            }
            let before = device.audit_view();
            let labels = changed_labels(&device, &update)?;
            (device.name, device.tags, device.group) = (labels.name, labels.tags, labels.group);
            store_changed(conn, &mut device, now).await?;
            events::append_updated(conn, caller, &device).await?;
            let entry = AuditEntry {
                action: "device.update",
                target_type: "device",
                target_id: Some(id.0),
                before: Some(before),
                after: Some(device.audit_view()),
            };
            audit::record(conn, caller, entry).await?;
            Ok(device)
        })
        .await?;
    context.announce([Moved { device: device.clone(), transition: None }]).await;
    Ok(device)
}

fn changed_labels(device: &Device, update: &DeviceUpdate) -> Result<Labels, DevicesError> {
    let mut validation = Validation::new();
    let labels = Labels {
        name: update.name.clone().unwrap_or_else(|| device.name.clone()),
        tags: update.tags.clone().unwrap_or_else(|| device.tags.clone()),
        group: update.group.clone().or_else(|| device.group.clone()),
    };
    let labels = labels.normalised(&mut validation);
    validation.finish()?;
    Ok(labels)
}
