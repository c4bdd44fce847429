//! Devices: their life, their making and changing, and what is known of them.

pub mod create;
pub mod filter;
pub mod model;
pub mod operate;
pub mod read;
pub mod reconcile;
pub mod registry;
pub mod report;
pub mod specification;
pub mod state;
pub mod store;
pub mod update;
pub mod worker;

pub use filter::{DeviceFilter, DeviceOrder, OrderField};
pub use model::{Device, Labels, PendingAction, ProviderKind, Transition};
pub use registry::{DeviceChange, Registry};
pub use specification::{GeoPoint, Specification};
pub use state::{DeviceAction, DeviceState, IllegalTransition, StateEvent};
pub use store::escape_like;
