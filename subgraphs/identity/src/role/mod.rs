//! Roles: sets of permissions, those that come with the platform and those that organisations make.

pub mod catalogue;
pub mod create;
pub mod delete;
pub mod list;
pub mod model;
pub mod store;
pub(crate) mod synchronise;
pub mod update;
