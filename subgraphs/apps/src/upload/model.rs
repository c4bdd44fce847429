//! What an upload is, its parts, and what a file must be like to begin one.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, CommonError, TenantId, UploadId, UserId, Validation};
use diesel::prelude::*;
use uuid::Uuid;

use super::state::{ApplicationUploadStatus, IllegalUploadStep, UploadStep, next};
use crate::failure::Failure;
use crate::schema::application_uploads;

/// The media type of packages.
pub const MEDIA_TYPE: &str = "application/vnd.android.package-archive";

/// A file on its way into the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, QueryableByName)]
#[diesel(table_name = application_uploads, check_for_backend(diesel::pg::Pg))]
pub struct Upload {
    /// The upload.
    pub id: UploadId,
    /// The organisation that owns it.
    pub tenant_id: TenantId,
    /// The file's name.
    pub file_name: String,
    /// Its size as announced.
    pub size_bytes: i64,
    /// Its SHA-256 as announced, in lower-case hexadecimal.
    pub sha256: String,
    /// Where it is in its life.
    pub status: ApplicationUploadStatus,
    /// Percent of verification and reading that are done.
    pub progress: i32,
    /// Why it failed.
    pub failure_code: Option<String>,
    /// The same in words.
    pub failure_message: Option<String>,
    /// Its object.
    pub object_key: String,
    /// The storage's id while parts arrive.
    pub multipart_id: Option<String>,
    /// Bytes of every part but the last.
    pub part_size_bytes: i64,
    /// What became of it.
    pub application_id: Option<ApplicationId>,
    /// Who began it; absent when a program of the platform did.
    pub created_by: Option<UserId>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When reading is tried again; absent when nothing stands against it.
    pub due_at: Option<DateTime<Utc>>,
    /// Until when somebody works on it.
    pub locked_until: Option<DateTime<Utc>>,
    /// Who works on it.
    pub lease_id: Option<Uuid>,
    /// Attempts in a row that ended without a word.
    pub broken_attempts: i32,
    /// Attempts in a row that an engine's absence ended.
    pub postponements: i32,
}

impl Upload {
    /// Takes a step, or tells that the status forbids it.
    pub fn advance(&mut self, step: UploadStep, now: DateTime<Utc>) -> Result<(), IllegalUploadStep> {
        self.status = next(self.status, step)?;
        self.updated_at = now;
        if self.status.is_final() {
            (self.due_at, self.locked_until, self.lease_id) = (None, None, None);
        }
        Ok(())
    }

    /// Ends in failure.
    pub fn reject(&mut self, failure: &Failure, now: DateTime<Utc>) -> Result<(), IllegalUploadStep> {
        self.advance(UploadStep::Reject, now)?;
        self.failure_code = Some(failure.code.clone());
        self.failure_message = Some(failure.message.clone());
        Ok(())
    }

    /// Why it failed; absent otherwise.
    pub fn failure(&self) -> Option<Failure> {
        let (code, message) = (self.failure_code.clone()?, self.failure_message.clone()?);
        Some(Failure { code, message })
    }

    /// The parts that the file comes in.
    pub fn parts(&self) -> Vec<PartPlan> {
        plan_parts(self.size_bytes, self.part_size_bytes)
    }
}

/// A part that a file comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlan {
    /// Its number, from 1.
    pub number: i32,
    /// Its size.
    pub size_bytes: i64,
}

/// Cuts a file into parts of one size and a rest.
pub fn plan_parts(size_bytes: i64, part_size_bytes: i64) -> Vec<PartPlan> {
    let size = part_size_bytes.max(1);
    let starts = (0_i64..).map(|index| index * size).take_while(|start| *start < size_bytes);
    (1..).zip(starts).map(|(number, start)| PartPlan { number, size_bytes: size.min(size_bytes - start) }).collect()
}

/// A file that somebody wants to upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its name.
    pub file_name: String,
    /// Its size.
    pub size_bytes: i64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

impl NewFile {
    /// Checks the announcement before a byte is sent; answers it in its normal form.
    pub fn checked(self, largest_bytes: u64) -> Result<Self, CommonError> {
        let mut validation = Validation::new();
        let name = self.file_name.trim();
        validation.length(name, 1, 255, "fileName");
        let plain = !name.chars().any(|letter| letter.is_control() || matches!(letter, '/' | '\\'));
        validation.check(
            plain,
            "fileName",
            "INVALID_FILE_NAME",
            "Use a file name without slashes and control characters.",
        );
        let ending = std::path::Path::new(name).extension();
        let is_apk = ending.is_some_and(|ending| ending.eq_ignore_ascii_case("apk"));
        validation.check(is_apk, "fileName", "UNSUPPORTED_FILE_TYPE", "Choose a file that ends in .apk.");
        validation.check(self.size_bytes > 0, "sizeBytes", "EMPTY_FILE", "The file is empty; choose the APK again.");
        let fits = self.size_bytes <= 0 || u64::try_from(self.size_bytes).is_ok_and(|size| size <= largest_bytes);
        let largest = largest_bytes / (1024 * 1024);
        validation.check(
            fits,
            "sizeBytes",
            "FILE_TOO_LARGE",
            format!("The file is too large; {largest} MiB is the most."),
        );
        let sha256 = self.sha256.trim().to_ascii_lowercase();
        let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        validation.check(is_digest, "sha256", "INVALID_DIGEST", "Send the file's SHA-256 as 64 hexadecimal digits.");
        validation.finish()?;
        Ok(Self { file_name: name.to_owned(), size_bytes: self.size_bytes, sha256 })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const GIB: i64 = 1024 * 1024 * 1024;

    fn file(file_name: &str, size_bytes: i64) -> NewFile {
        NewFile { file_name: file_name.to_owned(), size_bytes, sha256: "AB".repeat(32) }
    }

    fn code(file: NewFile) -> &'static str {
        match file.checked(2 * 1024 * 1024 * 1024) {
            Err(CommonError::Validation(fields)) => fields[0].code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_a_package_is_refused_before_a_byte_is_sent() {
        assert_eq!(code(file("app.apk", 0)), "EMPTY_FILE");
        assert_eq!(code(file("app.apk", -1)), "EMPTY_FILE");
        assert_eq!(code(file("app.apk", 3 * GIB)), "FILE_TOO_LARGE");
        assert_eq!(code(file("app.apk", 2 * GIB + 1)), "FILE_TOO_LARGE");
        assert_eq!(code(file("app.zip", 1)), "UNSUPPORTED_FILE_TYPE");
        assert_eq!(code(file("../app.apk", 1)), "INVALID_FILE_NAME");
        assert_eq!(code(file("  ", 1)), "REQUIRED");
        assert_eq!(code(NewFile { sha256: "xyz".to_owned(), ..file("app.apk", 1) }), "INVALID_DIGEST");
        let checked = file(" App.APK ", 2 * GIB).checked(2 * 1024 * 1024 * 1024).unwrap();
        assert_eq!((checked.file_name.as_str(), checked.sha256), ("App.APK", "ab".repeat(32)));
    }

    proptest! {
        #[test]
        fn parts_are_the_file_without_gap_or_overlap(size in 1_i64..5_000_000, part in 1_i64..1_000_000) {
            prop_assume!(size / part < 20_000);
            let parts = plan_parts(size, part);
            prop_assert_eq!(parts.iter().map(|part| part.size_bytes).sum::<i64>(), size);
            prop_assert!(parts.iter().all(|one| (1..=part).contains(&one.size_bytes)));
            prop_assert!(parts.iter().rev().skip(1).all(|one| one.size_bytes == part));
            prop_assert!(parts.iter().map(|one| one.number).eq(1..=i32::try_from(parts.len()).unwrap()));
        }
    }
}
