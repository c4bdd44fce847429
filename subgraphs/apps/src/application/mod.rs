//! Applications: the catalogue of packages that an organisation can install.

pub mod delete;
pub mod list;
pub mod model;
pub mod store;

pub use model::Application;
