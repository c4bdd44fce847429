//! What this domain answers when something cannot be done.

use cloudphone_core::{CodedError, CommonError, ErrorClass, FieldError};
use cloudphone_database::DatabaseError;
use diesel::result::Error as QueryError;
use thiserror::Error;

use crate::installation::{IllegalInstallationStep, InstallationStatus};
use crate::storage::StorageError;
use crate::upload::IllegalUploadStep;

/// An error of the apps domain.
#[derive(Debug, Error)]
pub enum AppsError {
    /// What every domain may answer.
    #[error(transparent)]
    Common(#[from] CommonError),
    /// The upload's status forbids the step.
    #[error(transparent)]
    UploadState(#[from] IllegalUploadStep),
    /// Parts of the file have not arrived.
    #[error("Parts of the file are missing or of the wrong size: {}; upload them, then complete again.", list(.numbers))]
    PartsMissing {
        /// Their numbers.
        numbers: Vec<i32>,
    },
    /// The installation's status forbids the step.
    #[error(transparent)]
    InstallationState(#[from] IllegalInstallationStep),
    /// The device is busy with the same package.
    #[error("The device is busy with {package} already; wait until that is done.")]
    InstallationInProgress {
        /// The package.
        package: String,
    },
    /// The device does not have the package.
    #[error("{package} is not installed on this device.")]
    NotInstalled {
        /// The package.
        package: String,
    },
    /// Devices have the application, or are about to.
    #[error("The application is on {count} devices or on its way there; uninstall it first.")]
    ApplicationInUse {
        /// How many devices.
        count: i64,
    },
}

fn list(numbers: &[i32]) -> String {
    const SHOWN: usize = 10;
    let mut text = numbers.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if numbers.len() > SHOWN {
        text.push_str(", …");
    }
    text
}

impl CodedError for AppsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Common(error) => error.code(),
            Self::UploadState(_) => "UPLOAD_STATE_CONFLICT",
            Self::PartsMissing { .. } => "PARTS_MISSING",
            Self::InstallationState(_) => "INSTALLATION_STATE_CONFLICT",
            Self::InstallationInProgress { .. } => "INSTALLATION_IN_PROGRESS",
            Self::NotInstalled { .. } => "NOT_INSTALLED",
            Self::ApplicationInUse { .. } => "APPLICATION_IN_USE",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Common(error) => error.class(),
            _ => ErrorClass::Expected,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Common(error) => error.fields(),
            _ => &[],
        }
    }
}

impl From<DatabaseError> for AppsError {
    fn from(error: DatabaseError) -> Self {
        Self::Common(error.into())
    }
}

impl From<QueryError> for AppsError {
    fn from(error: QueryError) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<StorageError> for AppsError {
    fn from(error: StorageError) -> Self {
        Self::Common(match error {
            StorageError::Unavailable(_) => CommonError::unavailable(error),
            StorageError::NotFound | StorageError::Refused { .. } => CommonError::internal(error),
        })
    }
}

impl AppsError {
    /// No such application in the caller's tenant.
    pub fn no_application() -> Self {
        Self::Common(CommonError::NotFound { what: "application" })
    }

    /// No such upload in the caller's tenant.
    pub fn no_upload() -> Self {
        Self::Common(CommonError::NotFound { what: "application upload" })
    }

    /// No such installation in the caller's tenant.
    pub fn no_installation() -> Self {
        Self::Common(CommonError::NotFound { what: "installation" })
    }

    /// No such device in the caller's tenant.
    pub fn no_device() -> Self {
        Self::Common(CommonError::NotFound { what: "device" })
    }

    /// An installation that the status of another one forbids.
    pub fn busy(package: &str) -> Self {
        Self::InstallationInProgress { package: package.to_owned() }
    }

    /// What a step that an installation's status forbids answers.
    pub fn installation_is(status: InstallationStatus, step: &'static str) -> Self {
        Self::InstallationState(IllegalInstallationStep { status, step })
    }
}
