//! Begins an upload, takes up an unfinished one of the same file, or finds that the file is there already.

use std::sync::Arc;

use cloudphone_core::{Caller, UploadId};
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::cancel;
use super::model::{MEDIA_TYPE, NewFile, Upload};
use super::state::ApplicationUploadStatus;
use super::store;
use crate::application;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::permissions::APP_UPLOAD;
use crate::storage::{StorageError, package_key};

/// Begins an upload.
pub async fn start_upload(context: &Arc<AppsContext>, caller: &Caller, file: NewFile) -> Result<Upload, AppsError> {
    caller.require(&APP_UPLOAD)?;
    let file = file.checked(context.settings.largest_package_bytes)?;
    let (known, open) = context
        .database
        .read(caller, async |conn| {
            let known = application::store::find_content(conn, caller.tenant_id, &file.sha256).await?;
            let open = store::find_open(conn, caller.tenant_id, caller.user_id(), &file).await?;
            Ok::<_, AppsError>((known, open))
        })
        .await?;
    if known.is_none()
        && let Some(open) = open
    {
        match resumable(context, &open).await {
            Ok(()) => return Ok(open),
            Err(StorageError::NotFound) => drop(cancel::cancel_upload(context, caller, open.id).await?),
            Err(error) => return Err(error.into()),
        }
    }
    let mut upload = new_upload(context, caller, file);
    if let Some(application) = known {
        upload.status = ApplicationUploadStatus::Ready;
        upload.progress = 100;
        upload.application_id = Some(application.id);
    } else {
        let multipart = context.storage.begin_parts(&upload.object_key, MEDIA_TYPE).await?;
        upload.multipart_id = Some(multipart);
    }
    let stored = insert(context, caller, &upload).await;
    if let (Err(_), Some(multipart)) = (&stored, &upload.multipart_id) {
        // Best effort: storage forgets abandoned parts by its own rule as well.
        let _ = context.storage.abort_parts(&upload.object_key, multipart).await;
    }
    stored.map(|()| upload)
}

/// Whether the storage still knows the parts, or already has the whole.
async fn resumable(context: &AppsContext, upload: &Upload) -> Result<(), StorageError> {
    let multipart = upload.multipart_id.as_deref().ok_or(StorageError::NotFound)?;
    match context.storage.parts(&upload.object_key, multipart).await {
        Err(StorageError::NotFound) => {
            context.storage.size(&upload.object_key).await?.map(|_| ()).ok_or(StorageError::NotFound)
        }
        found => found.map(|_| ()),
    }
}

fn new_upload(context: &AppsContext, caller: &Caller, file: NewFile) -> Upload {
    let (id, now) = (UploadId::new(), context.now());
    Upload {
        id,
        tenant_id: caller.tenant_id,
        object_key: package_key(caller.tenant_id, &file.sha256, id),
        file_name: file.file_name,
        size_bytes: file.size_bytes,
        sha256: file.sha256,
        status: ApplicationUploadStatus::Uploading,
        progress: 0,
        failure_code: None,
        failure_message: None,
        multipart_id: None,
        part_size_bytes: i64::try_from(context.settings.part_bytes).unwrap_or(i64::MAX),
        application_id: None,
        created_by: caller.user_id(),
        created_at: now,
        updated_at: now,
        due_at: None,
        locked_until: None,
        lease_id: None,
        broken_attempts: 0,
        postponements: 0,
    }
}

async fn insert(context: &AppsContext, caller: &Caller, upload: &Upload) -> Result<(), AppsError> {
    context
        .database
        .transaction(caller, async |conn| {
            store::insert(conn, upload).await?;
            let entry = AuditEntry {
                action: "application-upload.start",
                target_type: "application-upload",
                target_id: Some(upload.id.0),
                before: None,
                after: Some(json!({
                    "fileName": upload.file_name, "sizeBytes": upload.size_bytes, "sha256": upload.sha256,
                    "status": upload.status,
                })),
            };
            audit::record(conn, caller, entry).await?;
            Ok(())
        })
        .await
}
