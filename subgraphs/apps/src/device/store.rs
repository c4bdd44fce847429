//! All SQL about known devices.

use chrono::{DateTime, Utc};
use cloudphone_core::{DeviceId, TenantId};
use cloudphone_database::AsyncPgConnection;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::known_devices as devices;

/// Notes that a device exists; one that is gone stays gone, however late this comes.
pub async fn note(conn: &mut AsyncPgConnection, tenant: TenantId, id: DeviceId) -> QueryResult<()> {
    diesel::insert_into(devices::table)
        .values((devices::device_id.eq(id), devices::tenant_id.eq(tenant)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a device is gone.
pub async fn note_gone(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: DeviceId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(devices::table)
        .values((devices::device_id.eq(id), devices::tenant_id.eq(tenant), devices::deleted_at.eq(now)))
        .on_conflict(devices::device_id)
        .do_update()
        .set(devices::deleted_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Those of some devices that are the tenant's and exist; none of them can be noted as gone until the transaction ends.
pub async fn existing(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[DeviceId]) -> QueryResult<Vec<DeviceId>> {
    listed_among(tenant, ids).order(devices::device_id).for_share().load(conn).await
}

/// Those of some devices that are not gone.
pub async fn listed(conn: &mut AsyncPgConnection, tenant: TenantId, ids: &[DeviceId]) -> QueryResult<Vec<DeviceId>> {
    listed_among(tenant, ids).load(conn).await
}

#[auto_type(no_type_alias)]
fn listed_among<'a>(tenant: TenantId, ids: &'a [DeviceId]) -> _ {
    let mine = devices::tenant_id.eq(tenant).and(devices::device_id.eq_any(ids)).and(devices::deleted_at.is_null());
    devices::table.filter(mine).select(devices::device_id)
}
