//! API keys: credentials for programs, shown once, scoped, expiring and revocable.

pub mod create;
pub mod list;
pub mod model;
pub mod revoke;
pub mod store;
