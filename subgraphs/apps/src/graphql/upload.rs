//! The `ApplicationUpload` type.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_graphql::{Long, answer};

use super::application::{self, ApplicationNode};
use super::domain;
use crate::failure::Failure;
use crate::upload::parts::parts_of;
use crate::upload::{ApplicationUploadStatus, Upload};

/// A part of a file that is uploaded.
#[derive(SimpleObject)]
pub struct UploadPart {
    /// The part's number, from 1.
    number: i32,
    /// Its size in bytes.
    size_bytes: Long,
    /// The storage's tag of its content. Absent while it has not arrived, and once the parts have become one.
    etag: Option<String>,
    /// Whether it has arrived whole.
    uploaded: bool,
}

/// An upload.
pub struct UploadNode(pub Upload);

/// A file on its way into the catalogue.
#[Object(name = "ApplicationUpload")]
impl UploadNode {
    /// The upload's id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The file's name.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// The file's size in bytes, as announced.
    async fn size_bytes(&self) -> Long {
        Long(self.0.size_bytes)
    }

    /// The file's SHA-256 in hexadecimal, as announced.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Where it is in its life.
    async fn status(&self) -> ApplicationUploadStatus {
        self.0.status
    }

    /// Why it failed. Absent otherwise.
    async fn failure(&self) -> Option<Failure> {
        self.0.failure()
    }

    /// Percent of verification and reading that are done.
    async fn progress(&self) -> i32 {
        self.0.progress
    }

    /// Bytes of every part but the last.
    async fn part_size_bytes(&self) -> Long {
        Long(self.0.part_size_bytes)
    }

    /// The parts that the file comes in, and which of them have arrived.
    async fn parts(&self, context: &Context<'_>) -> Result<Vec<UploadPart>> {
        let parts = answer(context, parts_of(domain(context), &self.0).await)?;
        let node = |part: crate::upload::parts::PartState| UploadPart {
            number: part.plan.number,
            size_bytes: Long(part.plan.size_bytes),
            etag: part.etag,
            uploaded: part.uploaded,
        };
        Ok(parts.into_iter().map(node).collect())
    }

    /// What became of it. Absent until it is `READY`.
    async fn application(&self, context: &Context<'_>) -> Result<Option<ApplicationNode>> {
        match self.0.application_id {
            Some(id) => application::load(context, id).await,
            None => Ok(None),
        }
    }

    /// When it began.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
