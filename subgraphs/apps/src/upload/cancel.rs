//! Gives an upload up: because somebody wants to, or because it has rested for too long.

use std::sync::Arc;

use chrono::TimeDelta;
use cloudphone_core::{Caller, UploadId};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::model::Upload;
use super::state::{ApplicationUploadStatus, UploadStep};
use super::store;
use crate::context::{AppsContext, Change};
use crate::error::AppsError;
use crate::permissions::APP_UPLOAD;
use crate::removal;

/// Uploads given up in one transaction.
const BATCH: i64 = 50;

/// Cancels an upload; one that is cancelled already is answered as it is.
pub async fn cancel_upload(context: &Arc<AppsContext>, caller: &Caller, id: UploadId) -> Result<Upload, AppsError> {
    caller.require(&APP_UPLOAD)?;
    context
        .database
        .transaction(caller, async |conn| {
            let upload = store::lock(conn, caller.tenant_id, id).await?.ok_or_else(AppsError::no_upload)?;
            if upload.status == ApplicationUploadStatus::Cancelled {
                return Ok(upload);
            }
            give_up(context, conn, caller, upload).await
        })
        .await
}

/// Cancels uploads that nobody goes on with; answers how many.
pub async fn cancel_abandoned(context: &Arc<AppsContext>) -> Result<usize, AppsError> {
    let lifetime = TimeDelta::from_std(context.settings.upload_lifetime).unwrap_or(TimeDelta::MAX);
    let Some(since) = context.now().checked_sub_signed(lifetime) else { return Ok(0) };
    context
        .database
        .system_transaction(async |conn| {
            let abandoned = store::abandoned(conn, since, BATCH).await?;
            let count = abandoned.len();
            for upload in abandoned {
                let platform = AppsContext::service(upload.tenant_id);
                give_up(context, conn, &platform, upload).await?;
            }
            Ok::<_, AppsError>(count)
        })
        .await
}

async fn give_up(
    context: &Arc<AppsContext>,
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    mut upload: Upload,
) -> Result<Upload, AppsError> {
    let before = upload.status;
    upload.advance(UploadStep::Cancel, context.now())?;
    let multipart = upload.multipart_id.take();
    store::update(conn, &upload).await?;
    removal::let_go(context, conn, upload.tenant_id, &upload.object_key, multipart.as_deref()).await?;
    let entry = AuditEntry {
        action: "application-upload.cancel",
        target_type: "application-upload",
        target_id: Some(upload.id.0),
        before: Some(json!({ "status": before })),
        after: Some(json!({ "status": upload.status })),
    };
    audit::record(conn, caller, entry).await?;
    context.announce(Change::Upload(upload.tenant_id, upload.id));
    Ok(upload)
}
