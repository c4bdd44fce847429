//! Who may see what: the rules that `@authenticated`, `@requiresScopes` and `@policy` set, what an operation needs by
//! them, and the operation without what its caller may not see.

mod denial;
mod requirements;
mod survey;

pub(crate) use denial::Denial;
pub(crate) use requirements::Requirements;
pub use requirements::{Entitlements, Requirement, RequirementId};
pub use survey::GuardedPlace;
pub(crate) use survey::guarded_places;
