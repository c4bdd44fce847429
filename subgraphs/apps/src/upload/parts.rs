//! Which parts of a file have arrived.

use std::collections::HashMap;

use super::model::{PartPlan, Upload};
use super::state::ApplicationUploadStatus;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::storage::{StorageError, StoredPart};

/// A part and whether it has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartState {
    /// The part.
    pub plan: PartPlan,
    /// The storage's tag; absent while it has not arrived, and once the parts have become one.
    pub etag: Option<String>,
    /// Whether it has arrived whole.
    pub uploaded: bool,
}

/// Asks the storage which parts of a file are there.
pub async fn parts_of(context: &AppsContext, upload: &Upload) -> Result<Vec<PartState>, AppsError> {
    if upload.status != ApplicationUploadStatus::Uploading {
        let whole = upload.status != ApplicationUploadStatus::Cancelled;
        return Ok(upload.parts().into_iter().map(|plan| PartState { plan, etag: None, uploaded: whole }).collect());
    }
    Ok(match arrived(context, upload).await? {
        Some(stored) => compare(upload, stored),
        None => upload.parts().into_iter().map(|plan| PartState { plan, etag: None, uploaded: true }).collect(),
    })
}

/// The parts in storage; `None` when they have become one object already.
pub async fn arrived(context: &AppsContext, upload: &Upload) -> Result<Option<Vec<StoredPart>>, AppsError> {
    let multipart = upload.multipart_id.as_deref().unwrap_or_default();
    match context.storage.parts(&upload.object_key, multipart).await {
        Ok(stored) => Ok(Some(stored)),
        Err(StorageError::NotFound) => match context.storage.size(&upload.object_key).await? {
            Some(_) => Ok(None),
            None => Ok(Some(Vec::new())),
        },
        Err(error) => Err(error.into()),
    }
}

/// Holds what should be there against what is.
pub fn compare(upload: &Upload, stored: Vec<StoredPart>) -> Vec<PartState> {
    let mut stored: HashMap<i32, StoredPart> = stored.into_iter().map(|part| (part.number, part)).collect();
    let state = |plan: PartPlan| {
        let part = stored.remove(&plan.number).filter(|part| part.size_bytes == plan.size_bytes);
        PartState { plan, uploaded: part.is_some(), etag: part.map(|part| part.etag) }
    };
    upload.parts().into_iter().map(state).collect()
}
