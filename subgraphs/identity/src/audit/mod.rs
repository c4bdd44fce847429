//! The audit log: what everybody did in every domain, append-only.

pub mod append;
pub mod list;
pub mod model;
pub mod store;
