//! Asks a device to remove an application.

use std::sync::Arc;

use cloudphone_core::{Caller, DeviceId, InstallationId};
use cloudphone_events::audit::{self, AuditEntry};
use cloudphone_events::outbox;
use serde_json::json;

use super::model::Installation;
use super::state::{InstallationStatus, Order};
use super::store;
use crate::context::{AppsContext, Change, wake_after_commit};
use crate::error::AppsError;
use crate::events::RemovalRequested;
use crate::permissions::APP_INSTALL;

/// What to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// What an installation brought.
    Installation(InstallationId),
    /// A package of a device.
    Package(DeviceId, String),
}

/// Asks a device to remove an application; a removal under way is answered as it is.
pub async fn uninstall_application(
    context: &Arc<AppsContext>,
    caller: &Caller,
    target: &Target,
) -> Result<Installation, AppsError> {
    caller.require(&APP_INSTALL)?;
    let tenant = caller.tenant_id;
    let (now, deadline) = (context.now(), context.after(context.settings.installation_timeout));
    context
        .database
        .transaction(caller, async |conn| {
            let id = match target {
                Target::Installation(id) => *id,
                Target::Package(device, package) => {
                    let known = store::find_live(conn, tenant, &[*device], package).await?;
                    let removable = |row: &&Installation| {
                        matches!(row.status, InstallationStatus::Installed | InstallationStatus::Uninstalling)
                    };
                    let absent = || AppsError::NotInstalled { package: package.clone() };
                    known.iter().find(removable).ok_or_else(absent)?.id
                }
            };
            let found = store::lock(conn, tenant, id).await?;
            let mut installation = found.ok_or_else(AppsError::no_installation)?;
            if installation.status == InstallationStatus::Uninstalling {
                return Ok(installation);
            }
            installation.obey(Order::Remove, now, deadline)?;
            store::update(conn, &installation).await.map_err(|error| {
                let error = cloudphone_database::DatabaseError::from(error);
                if error.violates_unique("installations_in_motion") {
                    AppsError::busy(&installation.package_name)
                } else {
                    error.into()
                }
            })?;
            let entry = AuditEntry {
                action: "application.uninstall",
                target_type: "installation",
                target_id: Some(id.0),
                before: None,
                after: Some(json!({
                    "deviceId": installation.device_id, "package": installation.package_name,
                    "versionCode": installation.version_code,
                })),
            };
            audit::record(conn, caller, entry).await?;
            let wish = RemovalRequested {
                installation_id: id,
                device_id: installation.device_id,
                package: installation.package_name.clone(),
            };
            outbox::append(conn, caller, &wish).await?;
            context.announce(Change::Installation(tenant, id));
            wake_after_commit(context, |signals| &signals.motion);
            Ok(installation)
        })
        .await
}
