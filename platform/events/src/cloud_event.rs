//! The envelope of an event: CloudEvents 1.0 in its JSON format, with the platform's extension attributes.

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, CorrelationId, EventId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// An event on its way. Attribute names follow CloudEvents: lower-case letters and digits without separators.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// The version of the CloudEvents specification, `1.0`.
    #[serde(rename = "specversion")]
    pub spec_version: String,
    /// The event's id; a second arrival of the same id is a duplicate.
    pub id: EventId,
    /// Who published it: `/cloudphone/{domain}`.
    pub source: String,
    /// `{service}.{entity}.{action}`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The media type of `data`, `application/json`.
    #[serde(rename = "datacontenttype")]
    pub data_content_type: String,
    /// Names the JSON Schema of `data`.
    #[serde(rename = "dataschema")]
    pub data_schema: String,
    /// The aggregate's id as text.
    pub subject: String,
    /// Whose event it is.
    #[serde(rename = "tenantid")]
    pub tenant_id: TenantId,
    /// The aggregate it happened to.
    #[serde(rename = "aggregateid")]
    pub aggregate_id: Uuid,
    /// The event's number among those of its aggregate from the same source, from 1 and without gaps.
    pub sequence: i64,
    /// The trail of the request that caused it.
    #[serde(rename = "correlationid")]
    pub correlation_id: CorrelationId,
    /// The event whose handling caused this one; absent when a request did.
    #[serde(rename = "causationid", default, skip_serializing_if = "Option::is_none")]
    pub causation_id: Option<EventId>,
    /// The W3C trace context of the cause; absent when it was not traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The version of the payload's schema.
    #[serde(rename = "schemaversion")]
    pub schema_version: u16,
    /// The payload.
    pub data: Value,
}

impl CloudEvent {
    /// The identity under which a consumer acts on this event: the platform's own within the event's tenant, on the same
    /// trail.
    pub fn caller(&self, service: &str) -> Caller {
        let mut caller = Caller::service(service, self.tenant_id);
        caller.origin.correlation_id = self.correlation_id;
        caller.origin.traceparent.clone_from(&self.traceparent);
        caller
    }
}
