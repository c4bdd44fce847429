//! Uploads: how a file gets into the catalogue.

pub mod cancel;
pub mod complete;
pub mod list;
pub mod model;
pub mod parts;
pub mod presign;
pub mod reading;
pub mod start;
pub mod state;
pub mod store;

pub use model::{NewFile, Upload};
pub use state::{ApplicationUploadStatus, IllegalUploadStep, UploadStep};
