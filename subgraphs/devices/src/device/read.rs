//! Reading lists of devices and their counts.

use cloudphone_core::{Caller, Page, PageRequest};

use super::filter::{DeviceFilter, DeviceOrder};
use super::model::Device;
use super::state::DeviceState;
use super::store;
use crate::context::DevicesContext;
use crate::error::DevicesError;
use crate::permissions;

/// A page of the caller's devices.
pub async fn list_devices(
    context: &DevicesContext,
    caller: &Caller,
    filter: DeviceFilter,
    order: DeviceOrder,
    page: PageRequest,
) -> Result<Page<Device>, DevicesError> {
    caller.require(&permissions::DEVICE_READ)?;
    context.database.read(caller, async |conn| store::list(conn, &filter, order, &page).await).await
}

/// How many of the caller's devices are in each state.
pub async fn count_devices(context: &DevicesContext, caller: &Caller) -> Result<Vec<(DeviceState, i64)>, DevicesError> {
    caller.require(&permissions::DEVICE_READ)?;
    Ok(context.database.read(caller, async |conn| store::count_by_state(conn).await).await?)
}
