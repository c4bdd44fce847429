//! Tries an installation again that failed.

use std::sync::Arc;

use cloudphone_core::{Caller, InstallationId};
use cloudphone_database::DatabaseError;
use cloudphone_events::audit::{self, AuditEntry};
use serde_json::json;

use super::install::request;
use super::model::Installation;
use super::state::Order;
use super::store;
use crate::application;
use crate::context::AppsContext;
use crate::device;
use crate::error::AppsError;
use crate::permissions::APP_INSTALL;

/// Tries an installation again.
pub async fn retry_installation(
    context: &Arc<AppsContext>,
    caller: &Caller,
    id: InstallationId,
) -> Result<Installation, AppsError> {
    caller.require(&APP_INSTALL)?;
    let (now, deadline) = (context.now(), context.after(context.settings.installation_timeout));
    context
        .database
        .transaction(caller, async |conn| {
            let found = store::lock(conn, caller.tenant_id, id).await?;
            let mut installation = found.ok_or_else(AppsError::no_installation)?;
            let device = installation.device_id;
            if device::store::existing(conn, caller.tenant_id, &[device]).await?.is_empty() {
                return Err(AppsError::no_device());
            }
            let application = application::store::hold(conn, caller.tenant_id, installation.application_id).await?;
            let application = application.ok_or_else(AppsError::no_application)?;
            let failure = installation.failure();
            installation.obey(Order::Retry, now, deadline)?;
            store::update(conn, &installation).await.map_err(|error| busy(error.into(), &installation))?;
            let entry = AuditEntry {
                action: "installation.retry",
                target_type: "installation",
                target_id: Some(id.0),
                before: Some(json!({ "failure": failure })),
                after: Some(json!({ "status": installation.status, "attempts": installation.attempts })),
            };
            audit::record(conn, caller, entry).await?;
            request(context, conn, caller, &application, std::slice::from_ref(&installation)).await?;
            Ok(installation)
        })
        .await
}

fn busy(error: DatabaseError, installation: &Installation) -> AppsError {
    if error.violates_unique("installations_in_motion") {
        return AppsError::busy(&installation.package_name);
    }
    error.into()
}
