//! Device credentials: a secret per device, stored hashed, rotated on request, withdrawn with the device.

pub mod model;
pub mod rotate;
pub mod store;
pub mod verify;

pub use model::DeviceSecret;
pub use store::Credential;
pub use verify::DeviceCredentials;
