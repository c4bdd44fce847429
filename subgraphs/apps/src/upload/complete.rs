//! Puts the parts of a file together and hands it over to be read.

use std::sync::Arc;

use cloudphone_core::{Caller, UploadId};
use cloudphone_events::audit::{self, AuditEntry};
use cloudphone_events::outbox;
use serde_json::json;

use super::model::Upload;
use super::parts::{arrived, compare};
use super::state::{ApplicationUploadStatus, UploadStep};
use super::store;
use crate::context::{AppsContext, Change, wake_after_commit};
use crate::error::AppsError;
use crate::events::ApplicationUploaded;
use crate::permissions::APP_UPLOAD;
use crate::removal;
use crate::storage::{StorageError, StoredPart};

/// Completes an upload; one that is complete already is answered as it is.
pub async fn complete_upload(context: &Arc<AppsContext>, caller: &Caller, id: UploadId) -> Result<Upload, AppsError> {
    caller.require(&APP_UPLOAD)?;
    let upload = super::list::find_upload(context, caller, id).await?.ok_or_else(AppsError::no_upload)?;
    match upload.status {
        ApplicationUploadStatus::Uploading => put_together(context, &upload).await?,
        ApplicationUploadStatus::Cancelled => return Err(illegal(&upload)),
        _ => return Ok(upload),
    }
    hand_over(context, caller, id).await
}

fn illegal(upload: &Upload) -> AppsError {
    super::IllegalUploadStep { status: upload.status, step: UploadStep::Complete }.into()
}

async fn put_together(context: &AppsContext, upload: &Upload) -> Result<(), AppsError> {
    // No parts but the whole: an earlier completion came this far and no further.
    let Some(stored) = arrived(context, upload).await? else { return Ok(()) };
    let parts = compare(upload, stored);
    let missing: Vec<i32> = parts.iter().filter(|part| !part.uploaded).map(|part| part.plan.number).collect();
    if !missing.is_empty() {
        return Err(AppsError::PartsMissing { numbers: missing });
    }
    let listed = parts.into_iter().map(|part| StoredPart {
        number: part.plan.number,
        size_bytes: part.plan.size_bytes,
        etag: part.etag.unwrap_or_default(),
    });
    let multipart = upload.multipart_id.as_deref().unwrap_or_default();
    match context.storage.complete_parts(&upload.object_key, multipart, &listed.collect::<Vec<_>>()).await {
        // Somebody else completed it at the same moment.
        Err(StorageError::NotFound) if context.storage.size(&upload.object_key).await?.is_some() => Ok(()),
        outcome => Ok(outcome?),
    }
}

async fn hand_over(context: &Arc<AppsContext>, caller: &Caller, id: UploadId) -> Result<Upload, AppsError> {
    let now = context.now();
    let handed = context
        .database
        .transaction(caller, async |conn| {
            let mut upload = store::lock(conn, caller.tenant_id, id).await?.ok_or_else(AppsError::no_upload)?;
            match upload.status {
                ApplicationUploadStatus::Uploading => {}
                // Cancelled meanwhile: what was put together must go after all.
                ApplicationUploadStatus::Cancelled => {
                    removal::let_go(context, conn, caller.tenant_id, &upload.object_key, None).await?;
                    return Ok((upload, false));
                }
                _ => return Ok((upload, true)),
            }
            upload.advance(UploadStep::Complete, now)?;
            upload.multipart_id = None;
            store::update(conn, &upload).await?;
            let entry = AuditEntry {
                action: "application-upload.complete",
                target_type: "application-upload",
                target_id: Some(id.0),
                before: None,
                after: Some(json!({ "status": upload.status })),
            };
            audit::record(conn, caller, entry).await?;
            outbox::append(conn, caller, &ApplicationUploaded::of(&upload)).await?;
            context.announce(Change::Upload(caller.tenant_id, id));
            wake_after_commit(context, |signals| &signals.reading);
            Ok::<_, AppsError>((upload, true))
        })
        .await?;
    match handed {
        (upload, true) => Ok(upload),
        (upload, false) => Err(illegal(&upload)),
    }
}
