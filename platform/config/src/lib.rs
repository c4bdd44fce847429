//! Typed configuration from a file, the environment and flags, and its generated reference.
//!
//! Each part of the platform owns its settings as a struct with defaults and documentation; this crate fills and explains them.

mod fingerprint;
mod load;
mod reference;
mod schema;
mod secret;

pub use fingerprint::Fingerprint;
pub use load::{ConfigError, Source, load};
pub use reference::reference;
pub use schema::schema;
pub use secret::Secret;
