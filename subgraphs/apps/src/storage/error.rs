//! Why object storage did not do what was asked.

use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use thiserror::Error;

/// A failure of object storage.
#[derive(Debug, Error)]
pub enum StorageError {
    /// There is no such object or upload.
    #[error("object storage has no such object")]
    NotFound,
    /// It does not answer, or not for the moment.
    #[error("object storage does not answer: {0}")]
    Unavailable(String),
    /// It refuses, and would again.
    #[error("object storage refuses with {code}: {message}")]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        message: String,
    },
}

impl StorageError {
    /// Whether the same call may succeed later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    pub(super) fn malformed(error: impl std::fmt::Display) -> Self {
        Self::Refused { code: "MALFORMED".to_owned(), message: error.to_string() }
    }

    pub(super) fn classify<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let message = || DisplayErrorContext(error).to_string();
        match error {
            SdkError::ServiceError(answer) => {
                let status = answer.raw().status().as_u16();
                let code = answer.err().code().unwrap_or_default();
                match (status, code) {
                    // Without its bucket nothing is there, which says nothing about one object.
                    (404, "NoSuchBucket") | (429 | 500.., _) | (_, "SlowDown" | "RequestTimeout") => {
                        Self::Unavailable(message())
                    }
                    (404, _) | (_, "NoSuchKey" | "NoSuchUpload" | "NotFound") => Self::NotFound,
                    _ => Self::Refused {
                        code: if code.is_empty() { status.to_string() } else { code.to_owned() },
                        message: answer.err().message().unwrap_or_default().to_owned(),
                    },
                }
            }
            SdkError::ConstructionFailure(_) => Self::malformed(message()),
            _ => Self::Unavailable(message()),
        }
    }
}
