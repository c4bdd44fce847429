//! Takes an application out of the catalogue.

use std::sync::Arc;

use cloudphone_core::{ApplicationId, Caller};
use cloudphone_events::audit::{self, AuditEntry};
use cloudphone_events::outbox;
use serde_json::json;

use super::model::Application;
use super::store;
use crate::context::AppsContext;
use crate::error::AppsError;
use crate::events::ApplicationDeleted;
use crate::installation;
use crate::permissions::APP_DELETE;
use crate::removal;

/// Deletes an application that no device has or is about to get.
pub async fn delete_application(
    context: &Arc<AppsContext>,
    caller: &Caller,
    id: ApplicationId,
) -> Result<Application, AppsError> {
    caller.require(&APP_DELETE)?;
    context
        .database
        .transaction(caller, async |conn| {
            let application = store::lock(conn, caller.tenant_id, id).await?.ok_or_else(AppsError::no_application)?;
            let count = installation::store::count_live(conn, id).await?;
            if count > 0 {
                return Err(AppsError::ApplicationInUse { count });
            }
            store::delete(conn, id, context.now()).await?;
            let keys = [Some(&application.object_key), application.icon_key.as_ref()];
            for key in keys.into_iter().flatten() {
                removal::let_go(context, conn, caller.tenant_id, key, None).await?;
            }
            let entry = AuditEntry {
                action: "application.delete",
                target_type: "application",
                target_id: Some(id.0),
                before: Some(json!({
                    "package": application.package_name, "versionCode": application.version_code,
                    "sha256": application.sha256,
                })),
                after: None,
            };
            audit::record(conn, caller, entry).await?;
            let deleted = ApplicationDeleted {
                application_id: id,
                package: application.package_name.clone(),
                version_code: application.version_code,
            };
            outbox::append(conn, caller, &deleted).await?;
            Ok(application)
        })
        .await
}
