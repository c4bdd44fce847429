//! What this domain does with events of others.

use std::sync::Arc;

use async_trait::async_trait;
use cloudphone_database::{AsyncPgConnection, after_commit};
use cloudphone_events::{Bus, BusError, CloudEvent, Handle, HandlerError, Inbox, RunningInbox};

use crate::command::install;
use crate::context::DevicesContext;
use crate::events::{InstallationRequested, RemovalRequested};

/// The name of this domain among consumers.
const GROUP: &str = "devices";

struct Installations(Arc<DevicesContext>);

#[async_trait]
impl Handle<InstallationRequested> for Installations {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        wish: InstallationRequested,
    ) -> Result<(), HandlerError> {
        install::order_installation(&self.0, conn, event.tenant_id, event.id.0, &wish).await?;
        self.dispatch_later();
        Ok(())
    }
}

#[async_trait]
impl Handle<RemovalRequested> for Installations {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        wish: RemovalRequested,
    ) -> Result<(), HandlerError> {
        install::order_removal(&self.0, conn, event.tenant_id, event.id.0, &wish).await?;
        self.dispatch_later();
        Ok(())
    }
}

impl Installations {
    fn dispatch_later(&self) {
        let context = Arc::clone(&self.0);
        after_commit(move |_| context.signals.dispatch.notify_one());
    }
}

/// Begins to handle what others publish.
pub async fn start(context: &Arc<DevicesContext>, bus: &dyn Bus) -> Result<RunningInbox, BusError> {
    let installations = Arc::new(Installations(Arc::clone(context)));
    Inbox::new(context.database.clone(), GROUP)
        .on::<InstallationRequested>(Arc::clone(&installations))
        .on::<RemovalRequested>(installations)
        .start(bus)
        .await
}
