//! All SQL about device credentials.

use chrono::{DateTime, Utc};
use cloudphone_core::{DeviceId, TenantId};
use cloudphone_database::{AsyncPgConnection, DatabaseError};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::device_credentials;

type Connection = AsyncPgConnection;
type Result<T> = std::result::Result<T, DatabaseError>;

/// What is stored of a device's credential.
#[derive(Clone, Debug, diesel::prelude::Queryable, diesel::prelude::Selectable, diesel::prelude::Insertable)]
#[diesel(table_name = device_credentials)]
pub struct Credential {
    /// The device.
    pub device_id: DeviceId,
    /// Whose device it is.
    pub tenant_id: TenantId,
    /// Grows with each rotation.
    pub version: i32,
    /// SHA-256 of the secret.
    pub secret_hash: Vec<u8>,
    /// When the device got its first.
    pub created_at: DateTime<Utc>,
    /// When it got this one.
    pub rotated_at: DateTime<Utc>,
    /// When it was withdrawn; absent while it holds.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Stores a device's first credential; an earlier one stays.
pub async fn insert(conn: &mut Connection, credential: &Credential) -> Result<()> {
    diesel::insert_into(device_credentials::table).values(credential).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}

/// A device's credential.
pub async fn find(conn: &mut Connection, device_id: DeviceId) -> Result<Option<Credential>> {
    let row = device_credentials::table.find(device_id).select(Credential::as_select());
    Ok(row.first(conn).await.optional()?)
}

/// A device's credential, which nobody else changes until the transaction ends.
pub async fn find_for_update(conn: &mut Connection, device_id: DeviceId) -> Result<Option<Credential>> {
    let row = device_credentials::table.find(device_id).select(Credential::as_select()).for_update();
    Ok(row.first(conn).await.optional()?)
}

/// The version of each device's credential.
pub async fn versions(conn: &mut Connection, ids: &[DeviceId]) -> Result<Vec<(DeviceId, i32)>> {
    let held = device_credentials::table
        .filter(device_credentials::device_id.eq_any(ids))
        .filter(device_credentials::revoked_at.is_null());
    Ok(held.select((device_credentials::device_id, device_credentials::version)).load(conn).await?)
}

/// Replaces a device's secret.
pub async fn rotate(
    conn: &mut Connection,
    device_id: DeviceId,
    version: i32,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<()> {
    diesel::update(device_credentials::table.find(device_id))
        .set((
            device_credentials::version.eq(version),
            device_credentials::secret_hash.eq(hash),
            device_credentials::rotated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Withdraws a device's credential.
pub async fn revoke(conn: &mut Connection, device_id: DeviceId, now: DateTime<Utc>) -> Result<()> {
    diesel::update(device_credentials::table.find(device_id))
        .set(device_credentials::revoked_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}
