//! All SQL about uploads.

use chrono::{DateTime, Utc};
use cloudphone_core::{Cursor, PageRequest, TenantId, UploadId, UserId};
use cloudphone_database::AsyncPgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{NewFile, Upload};
use super::state::ApplicationUploadStatus;
use crate::error::AppsError;
use crate::schema::application_uploads as uploads;

/// Adds an upload.
pub async fn insert(conn: &mut AsyncPgConnection, upload: &Upload) -> QueryResult<()> {
    diesel::insert_into(uploads::table).values(upload).execute(conn).await?;
    Ok(())
}

/// An upload of a tenant.
pub async fn find(conn: &mut AsyncPgConnection, tenant: TenantId, id: UploadId) -> QueryResult<Option<Upload>> {
    let row = uploads::table.find(id).filter(uploads::tenant_id.eq(tenant));
    row.select(Upload::as_select()).first(conn).await.optional()
}

/// An upload of a tenant, which nobody else changes until the transaction ends.
pub async fn lock(conn: &mut AsyncPgConnection, tenant: TenantId, id: UploadId) -> QueryResult<Option<Upload>> {
    let row = uploads::table.find(id).filter(uploads::tenant_id.eq(tenant));
    row.select(Upload::as_select()).for_update().first(conn).await.optional()
}

/// The unfinished upload of the same file by the same person.
pub async fn find_open(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    creator: Option<UserId>,
    file: &NewFile,
) -> QueryResult<Option<Upload>> {
    uploads::table
        .filter(uploads::tenant_id.eq(tenant).and(uploads::sha256.eq(&file.sha256)))
        .filter(uploads::status.eq(ApplicationUploadStatus::Uploading).and(uploads::size_bytes.eq(file.size_bytes)))
        .filter(uploads::created_by.is_not_distinct_from(creator).and(uploads::multipart_id.is_not_null()))
        .order(uploads::created_at.desc())
        .select(Upload::as_select())
        .first(conn)
        .await
        .optional()
}

/// Stores how an upload stands.
pub async fn update(conn: &mut AsyncPgConnection, upload: &Upload) -> QueryResult<()> {
    diesel::update(uploads::table.find(upload.id))
        .set((
            uploads::status.eq(upload.status),
            uploads::progress.eq(upload.progress),
            uploads::failure_code.eq(&upload.failure_code),
            uploads::failure_message.eq(&upload.failure_message),
            uploads::multipart_id.eq(&upload.multipart_id),
            uploads::application_id.eq(upload.application_id),
            uploads::updated_at.eq(upload.updated_at),
            uploads::due_at.eq(upload.due_at),
            uploads::locked_until.eq(upload.locked_until),
            uploads::lease_id.eq(upload.lease_id),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that somebody still sends parts.
pub async fn touch(conn: &mut AsyncPgConnection, id: UploadId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(uploads::table.find(id)).set(uploads::updated_at.eq(now)).execute(conn).await?;
    Ok(())
}

/// Up to `first + 1` uploads after the cursor, newest first, and how many there are in all.
pub async fn list(
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    status: Option<ApplicationUploadStatus>,
    page: &PageRequest,
) -> Result<(Vec<Upload>, i64), AppsError> {
    let wanted = || {
        let mut query = uploads::table.filter(uploads::tenant_id.eq(tenant)).into_boxed();
        if let Some(status) = status {
            query = query.filter(uploads::status.eq(status));
        }
        query
    };
    let mut query = wanted();
    if let Some(after) = page.after.as_deref().map(Cursor::<DateTime<Utc>>::decode).transpose()? {
        let same = uploads::created_at.eq(after.key).and(uploads::id.lt(UploadId(after.id)));
        query = query.filter(uploads::created_at.lt(after.key).or(same));
    }
    let rows = query
        .order((uploads::created_at.desc(), uploads::id.desc()))
        .limit(crate::application::store::limit(page))
        .select(Upload::as_select())
        .load(conn)
        .await?;
    Ok((rows, wanted().count().get_result(conn).await?))
}

/// Takes the next file to be read that nobody works on.
pub async fn claim(
    conn: &mut AsyncPgConnection,
    lease: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Option<Upload>> {
    let row = diesel::sql_query(
        "UPDATE application_uploads SET lease_id = $1, locked_until = $3, broken_attempts = broken_attempts + 1
         WHERE id = (
             SELECT id FROM application_uploads
             WHERE status IN ('VERIFYING', 'PARSING') AND (due_at IS NULL OR due_at <= $2)
               AND (locked_until IS NULL OR locked_until <= $2)
             ORDER BY due_at NULLS FIRST, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
         ) RETURNING *",
    );
    row.bind::<SqlUuid, _>(lease)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(until)
        .get_result(conn)
        .await
        .optional()
}

/// Keeps a file for longer; false when it was lost.
pub async fn keep(conn: &mut AsyncPgConnection, id: UploadId, lease: Uuid, until: DateTime<Utc>) -> QueryResult<bool> {
    let mine = uploads::table.find(id).filter(uploads::lease_id.eq(lease));
    Ok(diesel::update(mine).set(uploads::locked_until.eq(until)).execute(conn).await? == 1)
}

/// Notes how far the reading is; false when the file was lost.
pub async fn set_progress(
    conn: &mut AsyncPgConnection,
    id: UploadId,
    lease: Uuid,
    progress: i32,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let mine = uploads::table.find(id).filter(uploads::lease_id.eq(lease));
    let change = (uploads::progress.eq(progress), uploads::updated_at.eq(now));
    Ok(diesel::update(mine).set(change).execute(conn).await? == 1)
}

/// Lets go of a file that could not be read for now. It was no crash, so it does not count as one.
pub async fn give_back(
    conn: &mut AsyncPgConnection,
    id: UploadId,
    lease: Uuid,
    due_at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    let mine = uploads::table.find(id).filter(uploads::lease_id.eq(lease));
    let postponed = i32::from(due_at.is_some());
    diesel::update(mine)
        .set((
            uploads::lease_id.eq(None::<Uuid>),
            uploads::locked_until.eq(None::<DateTime<Utc>>),
            uploads::due_at.eq(due_at),
            uploads::broken_attempts.eq(0),
            uploads::postponements.eq(uploads::postponements + postponed),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Uploads that have rested since `since`, of all tenants.
pub async fn abandoned(conn: &mut AsyncPgConnection, since: DateTime<Utc>, limit: i64) -> QueryResult<Vec<Upload>> {
    uploads::table
        .filter(uploads::status.eq(ApplicationUploadStatus::Uploading).and(uploads::updated_at.lt(since)))
        .order(uploads::updated_at)
        .limit(limit)
        .select(Upload::as_select())
        .for_update()
        .skip_locked()
        .load(conn)
        .await
}
