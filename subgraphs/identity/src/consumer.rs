//! What identity listens to: the audit records of every domain, and its own news of changed rights.

use std::sync::Arc;

use async_trait::async_trait;
use cloudphone_database::{AsyncPgConnection, after_commit};
use cloudphone_events::audit::AuditRecorded;
use cloudphone_events::{CloudEvent, Handle, HandlerError};

use crate::access::{AccessChange, AccessFeed, News};
use crate::audit::append::append_entry;

/// Keeps the audit log.
pub(crate) struct AuditKeeper;

#[async_trait]
impl Handle<AuditRecorded> for AuditKeeper {
    async fn handle(
        &self,
        connection: &mut AsyncPgConnection,
        event: &CloudEvent,
        recorded: AuditRecorded,
    ) -> Result<(), HandlerError> {
        Ok(append_entry(connection, event, recorded).await?)
    }
}

/// Tells of changed rights once more: the first telling is lost when the process dies right after its commit.
pub(crate) struct Reminder(pub(crate) Arc<AccessFeed>);

#[async_trait]
impl Handle<AccessChange> for Reminder {
    async fn handle(
        &self,
        _connection: &mut AsyncPgConnection,
        event: &CloudEvent,
        change: AccessChange,
    ) -> Result<(), HandlerError> {
        let (feed, event_id) = (Arc::clone(&self.0), event.id);
        after_commit(move |_| feed.announce(News { change, event_id }));
        Ok(())
    }
}
