//! All SQL about installations.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, Cursor, DeviceId, InstallationId, PageRequest, TenantId};
use cloudphone_database::AsyncPgConnection;
use diesel::dsl::count_star;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::model::Installation;
use super::state::InstallationStatus as S;
use crate::application::Application;
use crate::application::store::limit;
use crate::error::AppsError;
use crate::schema::{applications, installations};

const IN_MOTION: [S; 3] = [S::Pending, S::Installing, S::Uninstalling];
const LIVE: [S; 4] = [S::Pending, S::Installing, S::Installed, S::Uninstalling];
const PRESENT: [S; 2] = [S::Installed, S::Uninstalling];

/// Adds those wishes that nothing in motion stands against; answers them.
pub async fn insert_free(conn: &mut AsyncPgConnection, wishes: &[Installation]) -> QueryResult<Vec<Installation>> {
    diesel::insert_into(installations::table)
        .values(wishes)
        .on_conflict_do_nothing()
        .returning(Installation::as_returning())
        .get_results(conn)
        .await
}

/// What is in motion or present of a package on several devices, in motion first.
pub async fn find_live(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    devices: &[DeviceId],
    package: &str,
) -> QueryResult<Vec<Installation>> {
    let of_package = installations::table
        .filter(installations::tenant_id.eq(tenant).and(installations::device_id.eq_any(devices)))
        .filter(installations::package_name.eq(package).and(installations::status.eq_any(LIVE)));
    let mut rows: Vec<Installation> = of_package.select(Installation::as_select()).load(conn).await?;
    rows.sort_by_key(|row| !row.status.is_in_motion());
    Ok(rows)
}

/// An installation of a tenant, which nobody else changes until the transaction ends.
pub async fn lock(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: InstallationId,
) -> QueryResult<Option<Installation>> {
    let row = installations::table.find(id).filter(installations::tenant_id.eq(tenant));
    row.select(Installation::as_select()).for_update().first(conn).await.optional()
}

/// Several installations of a tenant, in the order of their ids, which nobody else changes until the transaction ends.
pub async fn lock_many(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    ids: &[InstallationId],
) -> QueryResult<Vec<Installation>> {
    let rows = installations::table.filter(installations::tenant_id.eq(tenant).and(installations::id.eq_any(ids)));
    rows.order(installations::id).select(Installation::as_select()).for_update().load(conn).await
}

/// Everything on a device that is not over, which nobody else changes until the transaction ends.
pub async fn lock_of_device(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    device: DeviceId,
) -> QueryResult<Vec<Installation>> {
    installations::table
        .filter(installations::tenant_id.eq(tenant).and(installations::device_id.eq(device)))
        .filter(installations::status.eq_any(LIVE))
        .order(installations::id)
        .select(Installation::as_select())
        .for_update()
        .load(conn)
        .await
}

/// What else of a package is present on a device, which nobody else changes until the transaction ends.
pub async fn lock_replaced(conn: &mut AsyncPgConnection, by: &Installation) -> QueryResult<Vec<Installation>> {
    installations::table
        .filter(installations::device_id.eq(by.device_id).and(installations::package_name.eq(&by.package_name)))
        .filter(installations::status.eq(S::Installed).and(installations::id.ne(by.id)))
        .select(Installation::as_select())
        .for_update()
        .load(conn)
        .await
}

/// Stores how an installation stands.
pub async fn update(conn: &mut AsyncPgConnection, installation: &Installation) -> QueryResult<()> {
    diesel::update(installations::table.find(installation.id))
        .set((
            installations::status.eq(installation.status),
            installations::progress.eq(installation.progress),
            installations::failure_code.eq(&installation.failure_code),
            installations::failure_message.eq(&installation.failure_message),
            installations::attempts.eq(installation.attempts),
            installations::updated_at.eq(installation.updated_at),
            installations::deadline_at.eq(installation.deadline_at),
            installations::installed_at.eq(installation.installed_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Installations whose devices have been silent for too long, of all tenants.
pub async fn overdue(conn: &mut AsyncPgConnection, now: DateTime<Utc>, most: i64) -> QueryResult<Vec<Installation>> {
    let late = installations::table.filter(installations::deadline_at.le(now)).order(installations::deadline_at);
    late.limit(most).select(Installation::as_select()).for_update().skip_locked().load(conn).await
}

/// Tenants with something in motion.
pub async fn tenants_in_motion(conn: &mut AsyncPgConnection) -> QueryResult<Vec<TenantId>> {
    let moving = installations::table.filter(installations::status.eq_any(IN_MOTION));
    moving.select(installations::tenant_id).distinct().load(conn).await
}

/// How many devices have an application or are about to get it.
pub async fn count_live(conn: &mut AsyncPgConnection, application: ApplicationId) -> QueryResult<i64> {
    let of_application = installations::table.filter(installations::application_id.eq(application));
    of_application.filter(installations::status.eq_any(LIVE)).count().get_result(conn).await
}

/// How many devices have each of these applications.
pub async fn count_present(
    conn: &mut AsyncPgConnection,
    ids: &[ApplicationId],
) -> QueryResult<Vec<(ApplicationId, i64)>> {
    let present = installations::table
        .filter(installations::application_id.eq_any(ids).and(installations::status.eq_any(PRESENT)))
        .group_by(installations::application_id);
    present.select((installations::application_id, count_star())).load(conn).await
}

/// What devices have, in one query for all devices, by label.
pub async fn present_on(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    devices: &[DeviceId],
) -> QueryResult<Vec<(Installation, Application)>> {
    installations::table
        .inner_join(applications::table)
        .filter(installations::tenant_id.eq(tenant).and(installations::device_id.eq_any(devices)))
        .filter(installations::status.eq_any(PRESENT))
        .order((applications::label, installations::id))
        .select((Installation::as_select(), Application::as_select()))
        .load(conn)
        .await
}

/// The first installations of each device after one cursor, newest first, in one query for all devices.
pub async fn of_devices(
    conn: &mut AsyncPgConnection,
    devices: &[DeviceId],
    after: Option<&Cursor<DateTime<Utc>>>,
    most: i64,
) -> QueryResult<Vec<Installation>> {
    let rows = diesel::sql_query(
        "SELECT page.* FROM unnest($1) AS wanted (device_id) CROSS JOIN LATERAL (
             SELECT * FROM installations
             WHERE device_id = wanted.device_id AND ($2 IS NULL OR (created_at, id) < ($2, $3))
             ORDER BY created_at DESC, id DESC LIMIT $4
         ) AS page",
    )
    .bind::<Array<SqlUuid>, _>(devices)
    .bind::<Nullable<Timestamptz>, _>(after.map(|cursor| cursor.key))
    .bind::<Nullable<SqlUuid>, _>(after.map(|cursor| cursor.id))
    .bind::<BigInt, _>(most);
    rows.load(conn).await
}

/// Which installations a list shows.
#[derive(Clone, Debug, Default)]
pub struct InstallationFilter {
    /// Only these.
    pub ids: Option<Vec<InstallationId>>,
    /// Only on this device.
    pub device_id: Option<DeviceId>,
    /// Only of this application.
    pub application_id: Option<ApplicationId>,
    /// Only of this status.
    pub status: Option<S>,
}

fn filtered(tenant: TenantId, filter: &InstallationFilter) -> installations::BoxedQuery<'_, Pg> {
    let mut query = installations::table.filter(installations::tenant_id.eq(tenant)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(installations::id.eq_any(ids));
    }
    if let Some(device) = filter.device_id {
        query = query.filter(installations::device_id.eq(device));
    }
    if let Some(application) = filter.application_id {
        query = query.filter(installations::application_id.eq(application));
    }
    if let Some(status) = filter.status {
        query = query.filter(installations::status.eq(status));
    }
    query
}

/// Up to `first + 1` installations after the cursor, newest first, and how many there are in all.
pub async fn list(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    filter: &InstallationFilter,
    page: &PageRequest,
) -> Result<(Vec<Installation>, i64), AppsError> {
    let mut query = filtered(tenant, filter);
    if let Some(after) = page.after.as_deref().map(Cursor::<DateTime<Utc>>::decode).transpose()? {
        let same = installations::created_at.eq(after.key).and(installations::id.lt(InstallationId(after.id)));
        query = query.filter(installations::created_at.lt(after.key).or(same));
    }
    let rows = query
        .order((installations::created_at.desc(), installations::id.desc()))
        .limit(limit(page))
        .select(Installation::as_select())
        .load(conn)
        .await?;
    Ok((rows, filtered(tenant, filter).count().get_result(conn).await?))
}

/// The installations of a filter that changed last, newest change first.
pub async fn latest(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    filter: &InstallationFilter,
    most: i64,
) -> QueryResult<Vec<Installation>> {
    let rows = filtered(tenant, filter).order((installations::updated_at.desc(), installations::id)).limit(most);
    rows.select(Installation::as_select()).load(conn).await
}
