//! Reading the past of devices and the quarantine.

use ahash::AHashMap;
use chrono::TimeDelta;
use cloudphone_core::{Caller, DeviceId, Page, PageRequest};
use cloudphone_database::DatabaseError;

use super::quarantine::QuarantinedMessage;
use super::store;
use crate::context::DevicesContext;
use crate::error::DevicesError;
use crate::permissions;

/// How far back the latest sample of a device is looked for at the start.
const LATEST_WITHIN: TimeDelta = TimeDelta::days(7);
/// Devices of one query.
const PAGE: usize = 500;

/// A page of the bad messages in the caller's tenant.
pub async fn list_quarantined(
    context: &DevicesContext,
    caller: &Caller,
    page: PageRequest,
) -> Result<Page<QuarantinedMessage>, DevicesError> {
    caller.require(&permissions::TELEMETRY_READ)?;
    context.database.read(caller, async |conn| store::list_quarantined(conn, &page).await).await
}

/// Tells the hub the latest samples from before the start, as far as nothing newer came.
pub async fn recall_latest(context: &DevicesContext, devices: &[DeviceId]) -> Result<(), DatabaseError> {
    let since = context.now() - LATEST_WITHIN;
    for page in devices.chunks(PAGE) {
        let latest =
            context.database.system_transaction(async |conn| store::latest_samples(conn, page, since).await).await?;
        let by_device: AHashMap<_, _> = latest.into_iter().map(|sample| (sample.device_id, sample)).collect();
        for (device_id, sample) in by_device {
            if context.hub.latest(device_id).is_none() {
                context.hub.publish(sample);
            }
        }
    }
    Ok(())
}
