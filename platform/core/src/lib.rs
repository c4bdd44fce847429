//! The vocabulary that every part of the platform shares: ids, callers, errors, money, time and paging.

mod caller;
mod clock;
mod error;
mod id;
mod money;
mod paging;
mod permission;

pub use caller::{Caller, Origin, Subject};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{CodedError, CommonError, ErrorClass, FieldError, Validation};
pub use id::{
    ApiKeyId, ApplicationId, CommandId, CorrelationId, DeviceId, EventId, InstallationId, ParseId, RoleId, SessionId,
    TemplateId, TenantId, UploadId, UserId,
};
pub use money::{Currency, Money, MoneyError};
pub use paging::{Cursor, Page, PageRequest};
pub use permission::{Permission, PermissionSet};
