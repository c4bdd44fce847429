//! Templates: specifications with a name.

pub mod change;
pub mod model;
pub mod store;

pub use model::{Template, TemplateCategory, TemplateContent};
pub use store::TemplateFilter;
