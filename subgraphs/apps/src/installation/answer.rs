//! Takes in what becomes known of installations: from devices, and from their silence.

use cloudphone_core::{DeviceId, InstallationId, TenantId};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::outbox;

use super::model::Installation;
use super::state::{Fact, InstallationStatus};
use super::store;
use crate::context::{AppsContext, Change};
use crate::device;
use crate::error::AppsError;
use crate::events::{AppInstallFailed, AppInstalled, AppUninstalled, InstallationFacts};
use crate::failure::Failure;

/// Takes in what a device says about an installation; one that nobody knows is ignored.
pub async fn take_in(
    context: &AppsContext,
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    (id, device): (InstallationId, DeviceId),
    fact: Fact,
    failure: Option<Failure>,
) -> Result<(), AppsError> {
    match store::lock(conn, tenant, id).await? {
        Some(installation) if installation.device_id == device => {
            apply(context, conn, installation, fact, failure).await
        }
        _ => Ok(()),
    }
}

/// Ends everything on a device that is gone.
pub async fn end_device(
    context: &AppsContext,
    conn: &mut AsyncPgConnection,
    tenant: TenantId,
    id: DeviceId,
) -> Result<(), AppsError> {
    device::store::note_gone(conn, tenant, id, context.now()).await?;
    for installation in store::lock_of_device(conn, tenant, id).await? {
        let failure = Failure::new("DEVICE_DELETED", "The device was deleted.");
        apply(context, conn, installation, Fact::DeviceGone, Some(failure)).await?;
    }
    Ok(())
}

/// Applies a fact with everything that follows from it.
pub async fn apply(
    context: &AppsContext,
    conn: &mut AsyncPgConnection,
    mut installation: Installation,
    fact: Fact,
    failure: Option<Failure>,
) -> Result<(), AppsError> {
    let now = context.now();
    if !installation.learn(fact, failure, now) {
        return Ok(());
    }
    if fact == Fact::Installed {
        for mut replaced in store::lock_replaced(conn, &installation).await? {
            if replaced.learn(Fact::Replaced, None, now) {
                settle(context, conn, &replaced, Fact::Replaced).await?;
            }
        }
    }
    settle(context, conn, &installation, fact).await
}

async fn settle(
    context: &AppsContext,
    conn: &mut AsyncPgConnection,
    installation: &Installation,
    fact: Fact,
) -> Result<(), AppsError> {
    store::update(conn, installation).await?;
    let platform = AppsContext::service(installation.tenant_id);
    let facts = InstallationFacts::of(installation);
    match installation.status {
        InstallationStatus::Installed if fact == Fact::Installed => {
            outbox::append(conn, &platform, &AppInstalled(facts)).await?;
        }
        InstallationStatus::Uninstalled => {
            outbox::append(conn, &platform, &AppUninstalled(facts)).await?;
        }
        InstallationStatus::Installed | InstallationStatus::Failed => {
            outbox::append(conn, &platform, &AppInstallFailed(facts)).await?;
        }
        InstallationStatus::Pending | InstallationStatus::Installing | InstallationStatus::Uninstalling => {}
    }
    context.announce(Change::Installation(installation.tenant_id, installation.id));
    Ok(())
}
