//! What this domain does with events of others.

use std::sync::Arc;

use async_trait::async_trait;
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::{Bus, BusError, CloudEvent, Handle, HandlerError, Inbox, RunningInbox};
use serde_json::Value;

use crate::context::AppsContext;
use crate::device;
use crate::events::{
    DEVICE_SEEN, DeviceAppFacts, DeviceAppInstallFailed, DeviceAppInstalled, DeviceAppUninstalled, DeviceDeleted,
    DeviceFacts,
};
use crate::failure::Failure;
use crate::installation::answer;
use crate::installation::state::Fact;

/// The name of this domain among consumers.
const GROUP: &str = "apps";

/// What devices say.
struct Devices(Arc<AppsContext>);

impl Devices {
    async fn take_in(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        facts: DeviceAppFacts,
        fact: Fact,
    ) -> Result<(), HandlerError> {
        let which = (facts.installation_id, facts.device_id);
        answer::take_in(&self.0, conn, event.tenant_id, which, fact, facts.error).await?;
        Ok(())
    }
}

#[async_trait]
impl Handle<DeviceAppInstalled> for Devices {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        DeviceAppInstalled(facts): DeviceAppInstalled,
    ) -> Result<(), HandlerError> {
        self.take_in(conn, event, facts, Fact::Installed).await
    }
}

#[async_trait]
impl Handle<DeviceAppUninstalled> for Devices {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        DeviceAppUninstalled(facts): DeviceAppUninstalled,
    ) -> Result<(), HandlerError> {
        self.take_in(conn, event, facts, Fact::Removed).await
    }
}

#[async_trait]
impl Handle<DeviceAppInstallFailed> for Devices {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        DeviceAppInstallFailed(mut facts): DeviceAppInstallFailed,
    ) -> Result<(), HandlerError> {
        let unexplained = || Failure::new("UNEXPLAINED", "The device did not say why.");
        facts.error = Some(facts.error.unwrap_or_else(unexplained));
        // Only wishes to install name the application.
        let fact = if facts.application_id.is_some() { Fact::InstallFailed } else { removal_outcome(&facts) };
        self.take_in(conn, event, facts, fact).await
    }
}

/// A device that cannot remove what it does not have has what was wanted.
fn removal_outcome(facts: &DeviceAppFacts) -> Fact {
    match &facts.error {
        Some(error) if error.code == "NOT_INSTALLED" => Fact::Removed,
        _ => Fact::RemovalFailed,
    }
}

#[async_trait]
impl Handle<DeviceDeleted> for Devices {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        DeviceDeleted(facts): DeviceDeleted,
    ) -> Result<(), HandlerError> {
        answer::end_device(&self.0, conn, event.tenant_id, facts.device_id).await?;
        Ok(())
    }
}

/// Any event that tells that a device exists.
#[async_trait]
impl Handle<Value> for Devices {
    async fn handle(
        &self,
        conn: &mut AsyncPgConnection,
        event: &CloudEvent,
        payload: Value,
    ) -> Result<(), HandlerError> {
        let facts: DeviceFacts = serde_json::from_value(payload).map_err(HandlerError::hopeless)?;
        device::store::note(conn, event.tenant_id, facts.device_id).await?;
        Ok(())
    }
}

/// Begins to handle what others publish.
pub async fn start(context: &Arc<AppsContext>, bus: &dyn Bus) -> Result<RunningInbox, BusError> {
    let devices = Arc::new(Devices(Arc::clone(context)));
    let mut inbox = Inbox::new(context.database.clone(), GROUP)
        .on::<DeviceAppInstalled>(Arc::clone(&devices))
        .on::<DeviceAppUninstalled>(Arc::clone(&devices))
        .on::<DeviceAppInstallFailed>(Arc::clone(&devices))
        .on::<DeviceDeleted>(Arc::clone(&devices));
    for seen in DEVICE_SEEN {
        inbox = inbox.on_type(seen, Arc::clone(&devices));
    }
    inbox.start(bus).await
}
