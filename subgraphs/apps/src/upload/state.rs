//! The life of an upload, in one place.

use thiserror::Error;

cloudphone_database::text_enum! {
    /// Where an upload is in its life.
    pub enum ApplicationUploadStatus {
        /// Parts are arriving.
        Uploading = "UPLOADING",
        /// All bytes are there; their SHA-256 is being checked.
        Verifying = "VERIFYING",
        /// The package is being read.
        Parsing = "PARSING",
        /// The application is in the catalogue.
        Ready = "READY",
        /// The file cannot be accepted; `failure` tells why.
        Failed = "FAILED",
        /// Somebody gave it up, or it rested for too long.
        Cancelled = "CANCELLED",
    }
}

/// What can happen to an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadStep {
    /// All parts were put together.
    Complete,
    /// The content is what was announced.
    Verify,
    /// The package is in the catalogue.
    Accept,
    /// The file cannot be accepted.
    Reject,
    /// Somebody gave it up.
    Cancel,
}

impl UploadStep {
    /// Every step.
    pub const ALL: [Self; 5] = [Self::Complete, Self::Verify, Self::Accept, Self::Reject, Self::Cancel];

    fn name(self) -> &'static str {
        match self {
            Self::Complete => "completed",
            Self::Verify => "verified",
            Self::Accept => "accepted",
            Self::Reject => "rejected",
            Self::Cancel => "cancelled",
        }
    }
}

/// A step that an upload's status forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("The upload is {status} and cannot be {}; load it again.", .step.name())]
pub struct IllegalUploadStep {
    /// Where the upload is.
    pub status: ApplicationUploadStatus,
    /// The step.
    pub step: UploadStep,
}

/// Where a step leads.
pub fn next(status: ApplicationUploadStatus, step: UploadStep) -> Result<ApplicationUploadStatus, IllegalUploadStep> {
    use ApplicationUploadStatus as S;
    match (status, step) {
        (S::Uploading, UploadStep::Complete) => Ok(S::Verifying),
        // Work that is taken up after a crash begins at the content again.
        (S::Verifying | S::Parsing, UploadStep::Verify) => Ok(S::Parsing),
        (S::Parsing, UploadStep::Accept) => Ok(S::Ready),
        (S::Verifying | S::Parsing, UploadStep::Reject) => Ok(S::Failed),
        (S::Uploading | S::Verifying | S::Parsing, UploadStep::Cancel) => Ok(S::Cancelled),
        _ => Err(IllegalUploadStep { status, step }),
    }
}

impl ApplicationUploadStatus {
    /// Whether nothing happens any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ready | Self::Failed | Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status() -> impl Strategy<Value = ApplicationUploadStatus> {
        prop::sample::select(ApplicationUploadStatus::ALL)
    }

    proptest! {
        #[test]
        fn an_end_is_an_end(status in status(), step in prop::sample::select(&UploadStep::ALL)) {
            if status.is_final() {
                prop_assert_eq!(next(status, step), Err(IllegalUploadStep { status, step }));
            }
        }

        #[test]
        fn whatever_happens_ready_comes_only_after_verification(steps in prop::collection::vec(prop::sample::select(&UploadStep::ALL), 0..20)) {
            let (mut status, mut verified) = (ApplicationUploadStatus::Uploading, false);
            for step in steps {
                if let Ok(reached) = next(status, step) {
                    verified |= step == UploadStep::Verify;
                    status = reached;
                }
            }
            prop_assert!(status != ApplicationUploadStatus::Ready || verified);
        }

        #[test]
        fn everything_unfinished_can_be_cancelled(status in status()) {
            prop_assert_eq!(next(status, UploadStep::Cancel).is_ok(), !status.is_final());
        }
    }
}
