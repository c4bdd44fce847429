//! Users: accounts and everything an administrator or their owner does with them.

pub mod activate;
pub mod change_password;
pub mod create;
pub mod delete;
pub mod list;
pub mod model;
pub(crate) mod record;
pub mod store;
pub mod unlock;
pub mod update;
