//! Sessions: signing in and out, refreshing, and ending sessions elsewhere.

pub mod list;
pub mod login;
pub mod model;
pub mod open;
pub mod refresh;
pub mod revoke;
pub mod store;
