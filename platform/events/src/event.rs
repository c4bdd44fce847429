//! What makes a type a domain event.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

/// Something that happened to an aggregate, named in the past tense.
///
/// Fields may be added within a version as long as old consumers can ignore them; any other change takes a new version.
pub trait DomainEvent: Serialize + JsonSchema + Send + Sync {
    /// `{service}.{entity}.{action}`, such as `devices.device.started`.
    const TYPE: &'static str;
    /// The version of the payload's schema.
    const VERSION: u16;

    /// The aggregate whose events are delivered in order.
    fn aggregate_id(&self) -> Uuid;
}
