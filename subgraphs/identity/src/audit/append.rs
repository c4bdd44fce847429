//! Writes what every domain records into the audit log.

use cloudphone_database::AsyncPgConnection;
use cloudphone_events::CloudEvent;
use cloudphone_events::audit::AuditRecorded;

use super::model::Entry;
use super::store;
use crate::error::IdentityError;

/// Adds the entry of an event; a repeated event adds nothing.
pub async fn append_entry(
    connection: &mut AsyncPgConnection,
    event: &CloudEvent,
    recorded: AuditRecorded,
) -> Result<(), IdentityError> {
    let actor_kind = serde_json::to_value(recorded.actor_kind).ok();
    let entry = Entry {
        id: event.id,
        tenant_id: event.tenant_id,
        at: event.time,
        action: recorded.action,
        actor_kind: actor_kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("SERVICE").to_owned(),
        actor_id: recorded.actor_id,
        api_key_id: recorded.api_key_id,
        service: recorded.service,
        target_type: recorded.target_type,
        target_id: recorded.target_id,
        before: recorded.before,
        after: recorded.after,
        address: recorded.address,
        user_agent: recorded.user_agent,
        correlation_id: event.correlation_id,
    };
    store::insert(connection, &entry).await?;
    Ok(())
}
