//! Errors with stable codes, classed by what a client can do about them.

use std::error::Error;

use thiserror::Error as ThisError;

/// What a client can do about an error, which decides where the answer carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// A business answer such as bad input or a conflict: mutations carry it in `userErrors`.
    Expected,
    /// Nobody is authenticated, or the credential no longer holds.
    Unauthenticated,
    /// The caller lacks a permission.
    Forbidden,
    /// An engine does not answer; trying again later may help.
    Unavailable,
    /// A fault of the platform; the cause is logged and never shown.
    Internal,
}

/// One thing wrong with one input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field within the mutation's `input`, such as `["specification", "cpuCores"]`.
    pub path: Vec<String>,
    /// A stable code such as `TOO_LONG`.
    pub code: &'static str,
    /// A sentence that tells what to do.
    pub message: String,
}

/// An error of a domain, as the edge needs to see it.
pub trait CodedError: Error + Send + Sync + 'static {
    /// The stable code for `extensions.code`, such as `DEVICE_STATE_CONFLICT`.
    fn code(&self) -> &'static str;
    /// What a client can do about it.
    fn class(&self) -> ErrorClass;
    /// The fields at fault, for validation errors.
    fn fields(&self) -> &[FieldError] {
        &[]
    }
}

/// The errors that every domain has; domain enums wrap it as their `Common` variant.
#[derive(Debug, ThisError)]
pub enum CommonError {
    /// Nobody is signed in.
    #[error("Sign in first: this needs an authenticated caller.")]
    Unauthenticated,
    /// The caller lacks a permission.
    #[error("You lack the permission `{permission}`; ask an administrator of your organisation for it.")]
    Forbidden {
        /// The missing permission.
        permission: String,
    },
    /// The thing does not exist, or belongs to another tenant, which must look the same.
    #[error("No {what} with this id exists in your organisation.")]
    NotFound {
        /// The kind of thing, in words.
        what: &'static str,
    },
    /// Input breaks rules; every broken one is listed.
    #[error("{}", summary(.0))]
    Validation(Vec<FieldError>),
    /// Somebody else changed the thing meanwhile.
    #[error("The {what} was changed by somebody else meanwhile; load it again and retry.")]
    Conflict {
        /// The kind of thing, in words.
        what: &'static str,
    },
    /// An engine such as the database does not answer.
    #[error("A part of the platform does not answer right now; try again in a moment.")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A fault of the platform.
    #[error("Something went wrong on our side; quote the correlation id when you report it.")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

fn summary(fields: &[FieldError]) -> String {
    match fields {
        [one] => one.message.clone(),
        many => format!("{} fields need your attention.", many.len()),
    }
}

impl CommonError {
    /// A fault of the platform with its cause.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// An engine that does not answer, with the cause.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(cause.into())
    }
}

impl CodedError for CommonError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden { .. } => "FORBIDDEN",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Validation(_) => "VALIDATION_FAILED",
            Self::Conflict { .. } => "CONFLICT",
            Self::Unavailable(_) => "SERVICE_UNAVAILABLE",
            Self::Internal(_) => "INTERNAL_SERVER_ERROR",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Unauthenticated => ErrorClass::Unauthenticated,
            Self::Forbidden { .. } => ErrorClass::Forbidden,
            Self::NotFound { .. } | Self::Validation(_) | Self::Conflict { .. } => ErrorClass::Expected,
            Self::Unavailable(_) => ErrorClass::Unavailable,
            Self::Internal(_) => ErrorClass::Internal,
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Validation(fields) => fields,
            _ => &[],
        }
    }
}

/// Collects every broken rule of an input before answering, so that a form can show them all at once.
#[derive(Debug, Default)]
pub struct Validation {
    fields: Vec<FieldError>,
}

impl Validation {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a broken rule for a field path written with dots, such as `specification.cpuCores`.
    pub fn reject(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.fields.push(FieldError {
            path: path.split('.').map(str::to_owned).collect(),
            code,
            message: message.into(),
        });
    }

    /// Records a broken rule unless it holds.
    pub fn check(&mut self, holds: bool, path: &str, code: &'static str, message: impl Into<String>) {
        if !holds {
            self.reject(path, code, message);
        }
    }

    /// Checks that a text has `min..=max` characters once trimmed.
    pub fn length(&mut self, text: &str, min: usize, max: usize, path: &str) {
        let length = text.trim().chars().count();
        if length == 0 && min > 0 {
            self.reject(path, "REQUIRED", "Enter something; this cannot be empty.");
        } else if length < min {
            self.reject(path, "TOO_SHORT", format!("Enter at least {min} characters."));
        } else if length > max {
            self.reject(path, "TOO_LONG", format!("Enter at most {max} characters."));
        }
    }

    /// All broken rules as one error, or nothing when every rule holds.
    pub fn finish(self) -> Result<(), CommonError> {
        if self.fields.is_empty() { Ok(()) } else { Err(CommonError::Validation(self.fields)) }
    }
}
