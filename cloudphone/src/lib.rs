//! The platform put together: engines, domains and the router, in one process or in parts.
//!
//! This crate wires; it contains no rule. Rules live in the domains, mechanisms in the platform crates.

mod access;
pub mod arguments;
mod catalogue;
pub mod commands;
mod configuration;
mod connections;
mod domains;
mod edge;
mod engines;
mod guards;
mod health;
mod kept;
mod lasting;
mod platform;
mod response_cache;
mod secrets;
mod services;
pub mod settings;
mod shutdown;
mod standalone;
mod traffic;
mod validate;

pub use platform::{Platform, Started};
pub use validate::validate;
