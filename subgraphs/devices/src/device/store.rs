//! All SQL about devices and their transitions.

use chrono::{DateTime, Utc};
use cloudphone_core::{Cursor, DeviceId, Page, PageRequest, TemplateId};
use cloudphone_database::{AsyncPgConnection, DatabaseError};
use diesel::dsl::{count_star, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use super::filter::{DeviceFilter, DeviceOrder, OrderField};
use super::model::{Device, Transition};
use super::state::DeviceState;
use crate::error::DevicesError;
use crate::schema::{device_transitions, devices};

type Connection = AsyncPgConnection;
type Result<T, E = DatabaseError> = std::result::Result<T, E>;

/// Stores new devices.
pub async fn insert(conn: &mut Connection, rows: &[Device]) -> Result<()> {
    diesel::insert_into(devices::table).values(rows).execute(conn).await?;
    Ok(())
}

/// One device, whatever its state.
pub async fn find(conn: &mut Connection, id: DeviceId) -> Result<Option<Device>> {
    Ok(devices::table.find(id).select(Device::as_select()).first(conn).await.optional()?)
}

/// One device, which nobody else changes until the transaction ends.
pub async fn find_for_update(conn: &mut Connection, id: DeviceId) -> Result<Option<Device>> {
    Ok(devices::table.find(id).select(Device::as_select()).for_update().first(conn).await.optional()?)
}

/// Many devices, in no order.
pub async fn find_many(conn: &mut Connection, ids: &[DeviceId]) -> Result<Vec<Device>> {
    Ok(devices::table.filter(devices::id.eq_any(ids)).select(Device::as_select()).load(conn).await?)
}

/// Every listed device of every tenant, for the registry.
pub async fn load_all(conn: &mut Connection) -> Result<Vec<Device>> {
    let listed = devices::table.filter(devices::state.ne(DeviceState::Deleted));
    Ok(listed.select(Device::as_select()).load(conn).await?)
}

/// Devices of every tenant that changed since, deleted ones included.
pub async fn load_changed(conn: &mut Connection, since: DateTime<Utc>) -> Result<Vec<Device>> {
    Ok(devices::table.filter(devices::updated_at.ge(since)).select(Device::as_select()).load(conn).await?)
}

/// Stores a changed device. `false` when somebody else changed it meanwhile.
pub async fn update(conn: &mut Connection, device: &mut Device, now: DateTime<Utc>) -> Result<bool> {
    let read_version = device.version;
    device.version += 1;
    device.updated_at = now;
    let row = devices::table.filter(devices::id.eq(device.id)).filter(devices::version.eq(read_version));
    Ok(diesel::update(row).set(&*device).execute(conn).await? == 1)
}

/// Notes moves.
pub async fn insert_transitions(conn: &mut Connection, rows: &[Transition]) -> Result<()> {
    diesel::insert_into(device_transitions::table).values(rows).execute(conn).await?;
    Ok(())
}

/// A page of the devices that match, in order.
pub async fn list(
    conn: &mut Connection,
    filter: &DeviceFilter,
    order: DeviceOrder,
    page: &PageRequest,
) -> Result<Page<Device>, DevicesError> {
    let total = filtered(filter).select(count_star()).get_result::<i64>(conn).await.map_err(DatabaseError::from)?;
    let mut query = filtered(filter).select(Device::as_select());
    // The comparison of row values gives "after the cursor" for both columns at once.
    macro_rules! sorted {
        ($column:expr, $sql_type:ty, $key:ty, $name:literal) => {{
            if let Some(after) = &page.after {
                let cursor = Cursor::<$key>::decode(after)?;
                let comparison =
                    if order.descending { concat!("(", $name, ", id) < (") } else { concat!("(", $name, ", id) > (") };
                query = query.filter(
                    sql::<Bool>(comparison)
                        .bind::<$sql_type, _>(cursor.key)
                        .sql(", ")
                        .bind::<SqlUuid, _>(cursor.id)
                        .sql(")"),
                );
            }
            query = if order.descending {
                query.order(($column.desc(), devices::id.desc()))
            } else {
                query.order(($column.asc(), devices::id.asc()))
            };
        }};
    }
    match order.field {
        OrderField::Name => sorted!(devices::name, Text, String, "name"),
        OrderField::CreatedAt => sorted!(devices::created_at, Timestamptz, DateTime<Utc>, "created_at"),
        OrderField::State => sorted!(devices::state, Text, String, "state"),
    }
    let limit = i64::try_from(page.first).unwrap_or(i64::MAX).saturating_add(1);
    let rows = query.limit(limit).load(conn).await.map_err(DatabaseError::from)?;
    Ok(Page::cut(rows, page, Some(total), |device: &Device| {
        let id = device.id.0;
        match order.field {
            OrderField::Name => Cursor { key: device.name.clone(), id }.encode(),
            OrderField::CreatedAt => Cursor { key: device.created_at, id }.encode(),
            OrderField::State => Cursor { key: device.state.as_str().to_owned(), id }.encode(),
        }
    }))
}

/// How many listed devices are in each state.
pub async fn count_by_state(conn: &mut Connection) -> Result<Vec<(DeviceState, i64)>> {
    let listed = devices::table.filter(devices::state.ne(DeviceState::Deleted)).group_by(devices::state);
    Ok(listed.select((devices::state, count_star())).load(conn).await?)
}

/// How many listed devices were made from each of these templates.
pub async fn count_by_template(conn: &mut Connection, ids: &[TemplateId]) -> Result<Vec<(Option<TemplateId>, i64)>> {
    let listed = devices::table
        .filter(devices::template_id.eq_any(ids))
        .filter(devices::state.ne(DeviceState::Deleted))
        .group_by(devices::template_id);
    Ok(listed.select((devices::template_id, count_star())).load(conn).await?)
}

fn filtered(filter: &DeviceFilter) -> devices::BoxedQuery<'_, Pg> {
    let mut query = devices::table.into_boxed().filter(devices::state.ne(DeviceState::Deleted));
    if let Some(ids) = &filter.ids {
        query = query.filter(devices::id.eq_any(ids));
    }
    if let Some(states) = &filter.states {
        query = query.filter(devices::state.eq_any(states));
    }
    if let Some(tags) = &filter.tags {
        query = query.filter(devices::tags.contains(tags));
    }
    if let Some(group) = &filter.group {
        query = query.filter(devices::group_name.eq(group));
    }
    if let Some(search) = filter.search.as_ref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        query = query.filter(devices::name.ilike(format!("%{}%", escape_like(search))));
    }
    if let Some(owner) = filter.owner_id {
        query = query.filter(devices::owner_id.eq(owner));
    }
    if let Some(template) = filter.template_id {
        query = query.filter(devices::template_id.eq(template));
    }
    if let Some(provider) = filter.provider {
        query = query.filter(devices::provider.eq(provider));
    }
    if let Some(online) = filter.online {
        query = query.filter(devices::online.eq(online));
    }
    query
}

/// Takes the text as it is, without wildcards.
pub fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// The first rows of each device's history after one cursor, newest first, in one query for all devices.
pub async fn transitions_of(
    conn: &mut Connection,
    ids: &[DeviceId],
    after: Option<&Cursor<DateTime<Utc>>>,
    limit: i64,
) -> Result<Vec<Transition>> {
    let rows = diesel::sql_query(
        "SELECT page.* FROM unnest($1) AS wanted (device_id) CROSS JOIN LATERAL (
             SELECT * FROM device_transitions
             WHERE device_id = wanted.device_id AND ($2 IS NULL OR (at, id) < ($2, $3))
             ORDER BY at DESC, id DESC LIMIT $4
         ) AS page",
    )
    .bind::<diesel::sql_types::Array<SqlUuid>, _>(ids)
    .bind::<Nullable<Timestamptz>, _>(after.map(|cursor| cursor.key))
    .bind::<Nullable<SqlUuid>, _>(after.map(|cursor| cursor.id))
    .bind::<BigInt, _>(limit);
    Ok(rows.load(conn).await?)
}

/// Takes up to `limit` devices with work that is due and gives the worker time for them, so that no two workers meet.
pub async fn claim_work(
    conn: &mut Connection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Device>> {
    let rows = diesel::sql_query(
        "UPDATE devices SET work_due_at = $2, work_attempts = work_attempts + 1, version = version + 1
         WHERE id IN (
             SELECT id FROM devices
             WHERE state IN ('CREATING', 'PROVISIONING', 'DELETING') AND (work_due_at IS NULL OR work_due_at <= $1)
             ORDER BY work_due_at NULLS FIRST, created_at LIMIT $3 FOR UPDATE SKIP LOCKED
         ) RETURNING *",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(limit);
    Ok(rows.load(conn).await?)
}

/// Prolongs the time for devices that are still being worked on.
pub async fn renew_work(conn: &mut Connection, ids: &[DeviceId], until: DateTime<Utc>) -> Result<()> {
    let mine = devices::table.filter(devices::id.eq_any(ids)).filter(devices::work_due_at.lt(until));
    diesel::update(mine).set(devices::work_due_at.eq(until)).execute(conn).await?;
    Ok(())
}

/// Devices that waited for their phone for too long.
pub async fn overdue(conn: &mut Connection, now: DateTime<Utc>, limit: i64) -> Result<Vec<Device>> {
    let late = devices::table.filter(devices::deadline_at.le(now)).order(devices::deadline_at).limit(limit);
    Ok(late.select(Device::as_select()).for_update().skip_locked().load(conn).await?)
}

/// Devices that were to be gone by now.
pub async fn expired(conn: &mut Connection, now: DateTime<Utc>, limit: i64) -> Result<Vec<Device>> {
    let over = devices::table
        .filter(devices::expires_at.le(now))
        .filter(devices::state.ne_all([DeviceState::Deleting, DeviceState::Deleted]))
        .order(devices::expires_at)
        .limit(limit);
    Ok(over.select(Device::as_select()).for_update().skip_locked().load(conn).await?)
}

/// Gives every awaited phone, and the command that it is to obey, at least the time until `until`.
pub async fn extend_deadlines(conn: &mut Connection, until: DateTime<Utc>) -> Result<()> {
    diesel::sql_query(
        "WITH awaited AS (
             UPDATE devices SET deadline_at = $1, updated_at = now(), version = version + 1
             WHERE deadline_at < $1 RETURNING pending_command_id
         )
         UPDATE device_commands SET expires_at = $1 FROM awaited
         WHERE id = awaited.pending_command_id AND expires_at < $1 AND completed_at IS NULL",
    )
    .bind::<Timestamptz, _>(until)
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks devices as off the network that have said nothing since `since`, for all tenants.
pub async fn mark_offline_unheard(
    conn: &mut Connection,
    heard: &[DeviceId],
    now: DateTime<Utc>,
) -> Result<Vec<Device>> {
    let silent = devices::table.filter(devices::online).filter(devices::id.ne_all(heard));
    let marked = diesel::update(silent)
        .set((devices::online.eq(false), devices::updated_at.eq(now), devices::version.eq(devices::version + 1)))
        .returning(Device::as_returning());
    Ok(marked.get_results(conn).await?)
}
