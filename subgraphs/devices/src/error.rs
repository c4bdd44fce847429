//! What this domain answers when something cannot be done.

use cloudphone_core::{CodedError, CommonError, ErrorClass, FieldError};
use cloudphone_database::DatabaseError;
use thiserror::Error;

use crate::device::{DeviceState, IllegalTransition, ProviderKind};

/// An error of the devices domain.
#[derive(Debug, Error)]
pub enum DevicesError {
    /// What every domain may answer.
    #[error(transparent)]
    Common(#[from] CommonError),
    /// The device's state forbids the move.
    #[error(transparent)]
    StateConflict(#[from] IllegalTransition),
    /// The device was never set up, or is going, so that no command can reach it.
    #[error("The device is {state} and takes no commands; wait until it is set up.")]
    NotReady {
        /// Where the device is.
        state: DeviceState,
    },
    /// What the device runs on cannot do this.
    #[error("Devices on {provider} cannot do this; choose another kind of device.")]
    Unsupported {
        /// What the device runs on.
        provider: ProviderKind,
    },
    /// Another template has the name.
    #[error("Another template has this name; choose a different one.")]
    TemplateNameTaken,
}

impl CodedError for DevicesError {
    fn code(&self) -> &'static str {
        match self {
            Self::Common(error) => error.code(),
            Self::StateConflict(_) => "DEVICE_STATE_CONFLICT",
            Self::NotReady { .. } => "DEVICE_NOT_READY",
            Self::Unsupported { .. } => "DEVICE_ACTION_UNSUPPORTED",
            Self::TemplateNameTaken => "TEMPLATE_NAME_TAKEN",
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

impl From<DatabaseError> for DevicesError {
    fn from(error: DatabaseError) -> Self {
        if error.violates_unique("device_templates_name") {
            return Self::TemplateNameTaken;
        }
        Self::Common(error.into())
    }
}

impl DevicesError {
    /// No such device in the caller's tenant.
    pub fn no_device() -> Self {
        Self::Common(CommonError::NotFound { what: "device" })
    }

    /// No such template in the caller's tenant.
    pub fn no_template() -> Self {
        Self::Common(CommonError::NotFound { what: "device template" })
    }

    /// Somebody else changed the device meanwhile.
    pub fn device_changed() -> Self {
        Self::Common(CommonError::Conflict { what: "device" })
    }
}
