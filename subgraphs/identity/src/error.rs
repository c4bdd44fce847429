//! What can go wrong in identity, each with a stable code and a sentence that says what to do.

use cloudphone_core::{CodedError, CommonError, ErrorClass, FieldError};
use cloudphone_database::DatabaseError;
use diesel::result::Error as QueryError;
use thiserror::Error;

/// An error of the identity domain.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// An error that every domain has.
    #[error(transparent)]
    Common(#[from] CommonError),
    /// The address or the password is wrong; which of them is never told.
    #[error("The e-mail address or the password is not right.")]
    InvalidCredentials,
    /// The password was right, but too many wrong ones came before.
    #[error(
        "This account is locked after too many failed sign-ins; try again later or ask an administrator to unlock it."
    )]
    AccountLocked,
    /// The password was right, but an administrator has closed the account.
    #[error("This account is deactivated; ask an administrator of your organisation to activate it.")]
    AccountDeactivated,
    /// The organisation may not use the platform for now.
    #[error("Your organisation is suspended; contact the operator of this platform.")]
    TenantSuspended,
    /// The refresh token is unknown, spent, expired, or its session has ended.
    #[error("This session has ended; sign in again.")]
    InvalidRefreshToken,
    /// Nobody may open an account by themselves.
    #[error("Registration is closed on this platform; ask its operator for an account.")]
    RegistrationClosed,
    /// The e-mail address belongs to an account already.
    #[error("An account with this e-mail address exists already; use another address or sign in.")]
    EmailTaken,
    /// The organisation's short name belongs to another already.
    #[error("Another organisation uses this short name already; choose another.")]
    SlugTaken,
    /// The role's name belongs to another role already.
    #[error("A role with this name exists already; choose another name.")]
    RoleNameTaken,
    /// Built-in roles are the same for everybody.
    #[error("Built-in roles cannot be changed; make a role of your own instead.")]
    BuiltInRole,
    /// People still hold the role.
    #[error("People still hold this role; take it from them first.")]
    RoleInUse,
    /// The caller tried to hand out or to govern more than it holds itself.
    #[error("This takes the permission `{permission}`, which you do not hold yourself; ask somebody who does.")]
    BeyondOwnPermissions {
        /// The first permission that is missing.
        permission: String,
    },
    /// Keys must not make keys nor change passwords, or one that leaked could make itself at home.
    #[error("Do this signed in as a person; API keys cannot.")]
    SessionRequired,
    /// An organisation must keep somebody who can govern it.
    #[error("This is the last active administrator of the organisation; make somebody else administrator first.")]
    LastAdministrator,
    /// Nobody shuts the door on themselves.
    #[error("You cannot do this to your own account; ask another administrator.")]
    OwnAccount,
    /// Operators do not suspend themselves.
    #[error("This is your own organisation; it cannot be suspended from within.")]
    OwnOrganisation,
}

impl CodedError for IdentityError {
    fn code(&self) -> &'static str {
        match self {
            Self::Common(error) => error.code(),
            Self::InvalidCredentials => "INVALID_CREDENTIALS",
            Self::AccountLocked => "ACCOUNT_LOCKED",
            Self::AccountDeactivated => "ACCOUNT_DEACTIVATED",
            Self::TenantSuspended => "TENANT_SUSPENDED",
            Self::InvalidRefreshToken => "INVALID_REFRESH_TOKEN",
            Self::RegistrationClosed => "REGISTRATION_CLOSED",
            Self::EmailTaken => "EMAIL_TAKEN",
            Self::SlugTaken => "SLUG_TAKEN",
            Self::RoleNameTaken => "ROLE_NAME_TAKEN",
            Self::BuiltInRole => "BUILT_IN_ROLE",
            Self::RoleInUse => "ROLE_IN_USE",
            Self::BeyondOwnPermissions { .. } => "BEYOND_OWN_PERMISSIONS",
            Self::SessionRequired => "SESSION_REQUIRED",
            Self::LastAdministrator => "LAST_ADMINISTRATOR",
            Self::OwnAccount => "OWN_ACCOUNT",
            Self::OwnOrganisation => "OWN_ORGANISATION",
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::Common(error) => error.class(),
            Self::SessionRequired => ErrorClass::Forbidden,
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

impl From<DatabaseError> for IdentityError {
    fn from(error: DatabaseError) -> Self {
        if error.violates_unique("users_email") {
            Self::EmailTaken
        } else if error.violates_unique("tenants_slug_key") {
            Self::SlugTaken
        } else if error.violates_unique("roles_name") {
            Self::RoleNameTaken
        } else if error.violates_foreign_key("user_roles_role_id_fkey") {
            Self::RoleInUse
        } else {
            Self::Common(error.into())
        }
    }
}

impl From<QueryError> for IdentityError {
    fn from(error: QueryError) -> Self {
        DatabaseError::from(error).into()
    }
}
