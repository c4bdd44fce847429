//! Hands out addresses to which parts of a file are sent, straight to storage.

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, UploadId, Validation};
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::model::Upload;
use super::state::{ApplicationUploadStatus, IllegalUploadStep, UploadStep};
use super::store;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::permissions::APP_UPLOAD;

/// The most addresses at once.
const MOST_PARTS: usize = 1000;

/// Where one part is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPart {
    /// The part.
    pub number: i32,
    /// The address for one PUT.
    pub url: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// Makes addresses for parts of an upload.
pub async fn presign_parts(
    context: &AppsContext,
    caller: &Caller,
    id: UploadId,
    numbers: &[i32],
) -> Result<Vec<PresignedPart>, AppsError> {
    caller.require(&APP_UPLOAD)?;
    context
        .database
        .transaction(caller, async |conn| {
            let upload = store::lock(conn, caller.tenant_id, id).await?.ok_or_else(AppsError::no_upload)?;
            // Signing calls nobody, so that it may happen within the transaction.
            let presigned = sign(context, &upload, numbers).await?;
            store::touch(conn, id, context.now()).await?;
            audit::record(conn, caller, entry(&upload, numbers)).await?;
            Ok(presigned)
        })
        .await
}

async fn sign(context: &AppsContext, upload: &Upload, numbers: &[i32]) -> Result<Vec<PresignedPart>, AppsError> {
    let Some(multipart) =
        upload.multipart_id.as_deref().filter(|_| upload.status == ApplicationUploadStatus::Uploading)
    else {
        return Err(IllegalUploadStep { status: upload.status, step: UploadStep::Complete }.into());
    };
    check(upload, numbers)?;
    let lifetime = context.settings.address_lifetime;
    let expires_at = context.after(lifetime);
    let mut presigned = Vec::with_capacity(numbers.len());
    for number in numbers {
        let address = context.storage.part_address(&upload.object_key, multipart, *number, lifetime).await?;
        presigned.push(PresignedPart { number: *number, url: address, expires_at });
    }
    Ok(presigned)
}

fn check(upload: &Upload, numbers: &[i32]) -> Result<(), AppsError> {
    let last = i32::try_from(upload.parts().len()).unwrap_or(i32::MAX);
    let mut validation = Validation::new();
    let known = numbers.iter().all(|number| (1..=last).contains(number));
    validation.check(known, "partNumbers", "OUT_OF_RANGE", format!("The file has the parts 1 to {last}."));
    let few = (1..=MOST_PARTS).contains(&numbers.len());
    validation.check(few, "partNumbers", "OUT_OF_RANGE", format!("Name 1 to {MOST_PARTS} parts."));
    Ok(validation.finish()?)
}

/// One line however many parts: who could write to which stretch of the file.
fn entry(upload: &Upload, numbers: &[i32]) -> AuditEntry {
    AuditEntry {
        action: "application-upload.presign",
        target_type: "application-upload",
        target_id: Some(upload.id.0),
        before: None,
        after: Some(json!({
            "parts": numbers.len(), "firstPart": numbers.iter().min(), "lastPart": numbers.iter().max(),
        })),
    }
}
