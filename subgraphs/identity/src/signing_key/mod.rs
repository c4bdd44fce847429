//! The EdDSA keys that sign access tokens, their rotation, and the key set that verifiers read.

mod model;
mod ring;
mod rotate;
mod store;

pub use model::{AccessClaims, ISSUER, Rotation};
pub use ring::KeyRing;
pub(crate) use rotate::rotate_keys;
