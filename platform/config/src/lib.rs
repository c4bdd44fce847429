//! Typed configuration from a file, the environment and flags, and its generated reference.
//!
//! Each part of the platform owns its settings as a struct with defaults and documentation; this crate fills and explains them.

mod load;
mod reference;
mod secret;

pub use load::{ConfigError, Source, load};
pub use reference::reference;
pub use secret::Secret;
