//! Turns the apps domain's wishes into commands, each once.

use cloudphone_core::TenantId;
use cloudphone_database::AsyncPgConnection;
use serde_json::{Value, json};

use super::model::{Command, CommandKind, NewCommand};
use super::store;
use crate::context::DevicesContext;
use crate::device::{self, Device, DeviceState};
use crate::error::DevicesError;
use crate::events::{self, InstallationRequested, RemovalRequested};

/// How long a device may be silent about an installation, and the wish may wait for it.
const TIMEOUT_SECONDS: i32 = 600;

/// Orders an installation. The same wish, delivered again, is the same command.
pub async fn order_installation(
    context: &DevicesContext,
    conn: &mut AsyncPgConnection,
    tenant_id: TenantId,
    event_id: uuid::Uuid,
    wish: &InstallationRequested,
) -> Result<(), DevicesError> {
    let arguments = json!({
        "applicationId": wish.application_id,
        "installationId": wish.installation_id,
        "package": wish.package,
        "versionCode": wish.version_code,
        "versionName": wish.version_name.clone().unwrap_or_default(),
        "url": wish.url,
        "sha256": wish.sha256,
        "sizeBytes": wish.size_bytes,
    });
    order(context, conn, tenant_id, wish.device_id, CommandKind::InstallApp, arguments, event_id).await
}

/// Orders a removal. The same wish, delivered again, is the same command.
pub async fn order_removal(
    context: &DevicesContext,
    conn: &mut AsyncPgConnection,
    tenant_id: TenantId,
    event_id: uuid::Uuid,
    wish: &RemovalRequested,
) -> Result<(), DevicesError> {
    let arguments = json!({ "installationId": wish.installation_id, "package": wish.package });
    order(context, conn, tenant_id, wish.device_id, CommandKind::UninstallApp, arguments, event_id).await
}

async fn order(
    context: &DevicesContext,
    conn: &mut AsyncPgConnection,
    tenant_id: TenantId,
    device_id: cloudphone_core::DeviceId,
    kind: CommandKind,
    arguments: Value,
    event_id: uuid::Uuid,
) -> Result<(), DevicesError> {
    let now = context.now();
    let order = NewCommand {
        kind,
        arguments,
        timeout_seconds: TIMEOUT_SECONDS,
        // A retry by a person is a new event and a new command; a repeated delivery is neither.
        idempotency_key: Some(event_id.to_string()),
    };
    let mut command = order.for_device(tenant_id, device_id, None, now);
    let found = device::store::find(conn, device_id).await?;
    match found.filter(|device: &Device| device.tenant_id == tenant_id && device.state != DeviceState::Deleted) {
        Some(device) if device.provisioned_at.is_some() && device.state != DeviceState::Deleting => {
            store::insert(conn, command).await?;
        }
        // There is no row to hang the command on, but the wish still gets its answer.
        _ => {
            command.refuse("DEVICE_NOT_READY", "The device is gone or not set up.", now);
            answer(conn, tenant_id, &command).await?;
        }
    }
    Ok(())
}

async fn answer(conn: &mut AsyncPgConnection, tenant_id: TenantId, command: &Command) -> Result<(), DevicesError> {
    events::append_completed(conn, &DevicesContext::service(tenant_id), command).await?;
    Ok(())
}
