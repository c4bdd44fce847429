//! What the platform asks of Consul over its HTTP API: the instances of a service as they change, and a place in the catalogue.

mod catalogue;
mod client;
mod registration;

pub use catalogue::{Catalogue, ServiceInstance};
pub use client::{Consul, ConsulError, ConsulOptions};
pub use registration::{HealthCheck, Registered, Registration};
