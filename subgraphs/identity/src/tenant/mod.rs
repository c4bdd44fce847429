//! Tenants: the organisations that everything belongs to.

pub mod create;
pub mod list;
pub mod model;
pub mod register;
pub mod store;
pub mod suspend;
pub mod update;
