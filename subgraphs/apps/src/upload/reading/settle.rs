//! What a read file becomes, each in one transaction that only the holder of the lease can make.

use std::sync::Arc;

use bytes::Bytes;
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::audit::{self, AuditEntry};
use cloudphone_events::outbox;
use serde_json::json;
use uuid::Uuid;

use super::Obstacle;
use crate::application::{self, Application};
use crate::context::{AppsContext, Change};
use crate::error::AppsError;
use crate::events::{ApplicationParseFailed, ApplicationParsed};
use crate::failure::Failure;
use crate::package::Package;
use crate::removal;
use crate::storage::icon_key;
use crate::upload::{Upload, UploadStep, store};

/// Percent of the work that is done once the content is what was announced.
const VERIFIED: i32 = 75;

/// Notes that the content is what was announced.
pub async fn verified(context: &Arc<AppsContext>, upload: &Upload, lease: Uuid) -> Result<(), Obstacle> {
    let now = context.now();
    let platform = AppsContext::service(upload.tenant_id);
    let done = context
        .database
        .transaction(&platform, async |conn| {
            let Some(mut upload) = ours(conn, upload, lease).await? else { return Ok(None) };
            upload.advance(UploadStep::Verify, now)?;
            upload.progress = VERIFIED;
            store::update(conn, &upload).await?;
            context.announce(Change::Upload(upload.tenant_id, upload.id));
            Ok::<_, AppsError>(Some(()))
        })
        .await?;
    done.ok_or(Obstacle::Lost)
}

/// Brings a package into the catalogue, or finds it there.
pub async fn accept(
    context: &Arc<AppsContext>,
    upload: &Upload,
    lease: Uuid,
    package: &Package,
) -> Result<(), Obstacle> {
    let icon = match &package.icon {
        Some(icon) => {
            let key = icon_key(upload.tenant_id, upload.id, icon.media_type);
            context.storage.put(&key, icon.media_type, Bytes::copy_from_slice(&icon.bytes)).await?;
            Some(key)
        }
        None => None,
    };
    let now = context.now();
    let platform = AppsContext::service(upload.tenant_id);
    let application = Application::of(upload, package, icon, now);
    let done = context
        .database
        .transaction(&platform, async |conn| {
            let Some(mut upload) = ours(conn, upload, lease).await? else { return Ok(None) };
            upload.advance(UploadStep::Accept, now)?;
            let kept = keep_or_find(context, conn, &application).await?;
            upload.progress = 100;
            upload.application_id = Some(kept.id);
            store::update(conn, &upload).await?;
            if kept.id == application.id {
                let entry = AuditEntry {
                    action: "application.create",
                    target_type: "application",
                    target_id: Some(kept.id.0),
                    before: None,
                    after: Some(json!({
                        "package": kept.package_name, "versionCode": kept.version_code, "sha256": kept.sha256,
                        "uploadId": upload.id, "uploadedBy": upload.created_by,
                    })),
                };
                audit::record(conn, &platform, entry).await?;
                outbox::append(conn, &platform, &ApplicationParsed::of(&kept, upload.id)).await?;
            }
            context.announce(Change::Upload(upload.tenant_id, upload.id));
            Ok::<_, AppsError>(Some(()))
        })
        .await?;
    done.ok_or(Obstacle::Lost)
}

/// Two uploads of one file may meet here; the second one lets go of its copy.
async fn keep_or_find(
    context: &Arc<AppsContext>,
    conn: &mut AsyncPgConnection,
    application: &Application,
) -> Result<Application, AppsError> {
    if application::store::insert(conn, application).await? {
        return Ok(application.clone());
    }
    let found = application::store::find_content(conn, application.tenant_id, &application.sha256).await?;
    let kept = found.ok_or(cloudphone_core::CommonError::Conflict { what: "application" })?;
    let copies = [
        (Some(&application.object_key), Some(&kept.object_key)),
        (application.icon_key.as_ref(), kept.icon_key.as_ref()),
    ];
    for (copy, _) in copies.into_iter().filter(|(copy, original)| copy != original) {
        if let Some(key) = copy {
            removal::let_go(context, conn, application.tenant_id, key, None).await?;
        }
    }
    Ok(kept)
}

/// Refuses a file and lets go of its content.
pub async fn reject(
    context: &Arc<AppsContext>,
    upload: &Upload,
    lease: Uuid,
    failure: &Failure,
) -> Result<(), Obstacle> {
    let now = context.now();
    let platform = AppsContext::service(upload.tenant_id);
    let done = context
        .database
        .transaction(&platform, async |conn| {
            let Some(mut upload) = ours(conn, upload, lease).await? else { return Ok(None) };
            upload.reject(failure, now)?;
            store::update(conn, &upload).await?;
            removal::let_go(context, conn, upload.tenant_id, &upload.object_key, None).await?;
            let entry = AuditEntry {
                action: "application-upload.reject",
                target_type: "application-upload",
                target_id: Some(upload.id.0),
                before: None,
                after: Some(json!({ "code": failure.code, "message": failure.message })),
            };
            audit::record(conn, &platform, entry).await?;
            let failed = ApplicationParseFailed {
                upload_id: upload.id,
                file_name: upload.file_name.clone(),
                error: failure.clone(),
            };
            outbox::append(conn, &platform, &failed).await?;
            context.announce(Change::Upload(upload.tenant_id, upload.id));
            Ok::<_, AppsError>(Some(()))
        })
        .await?;
    done.ok_or(Obstacle::Lost)
}

/// The upload as it is now, if the lease still holds.
async fn ours(conn: &mut AsyncPgConnection, upload: &Upload, lease: Uuid) -> Result<Option<Upload>, AppsError> {
    let found = store::lock(conn, upload.tenant_id, upload.id).await?;
    Ok(found.filter(|found| found.lease_id == Some(lease)))
}
