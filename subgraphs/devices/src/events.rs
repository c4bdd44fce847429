//! What this domain publishes, and what it listens to.

use chrono::{DateTime, Utc};
use cloudphone_core::{ApplicationId, Caller, CommandId, CommonError, DeviceId, InstallationId, TemplateId, UserId};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::{Catalogue, DomainEvent, outbox};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::command::{Command, CommandFailure, CommandKind, CommandStatus};
use crate::device::{Device, DeviceState, PendingAction, Transition};

/// A device as events tell of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceFacts {
    /// The device.
    pub device_id: DeviceId,
    /// What people call it.
    pub name: String,
    /// Where it is in its life.
    pub state: DeviceState,
    /// Who made it; absent when a program did.
    pub owner_id: Option<UserId>,
    /// What it was made from; absent when from a specification.
    pub template_id: Option<TemplateId>,
    /// Labels.
    pub tags: Vec<String>,
    /// Why this happened.
    pub cause: String,
    /// When this happened.
    pub at: DateTime<Utc>,
}

impl DeviceFacts {
    fn of(device: &Device, cause: &str, at: DateTime<Utc>) -> Self {
        Self {
            device_id: device.id,
            name: device.name.clone(),
            state: device.state,
            owner_id: device.owner_id,
            template_id: device.template_id,
            tags: device.tags.clone(),
            cause: cause.to_owned(),
            at,
        }
    }
}

macro_rules! device_events {
    ($($(#[$meta:meta])* $name:ident = $event_type:literal),+ $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(transparent)]
            pub struct $name(pub DeviceFacts);

            impl DomainEvent for $name {
                const TYPE: &'static str = $event_type;
                const VERSION: u16 = 1;

                fn aggregate_id(&self) -> Uuid {
                    self.0.device_id.0
                }
            }
        )+
    };
}

device_events! {
    /// A device was recorded.
    DeviceCreated = "devices.device.created",
    /// A device was set up at its provider.
    DeviceProvisioned = "devices.device.provisioned",
    /// A device runs after it was off.
    DeviceStarted = "devices.device.started",
    /// A device is off.
    DeviceStopped = "devices.device.stopped",
    /// A device runs after a restart.
    DeviceRebooted = "devices.device.rebooted",
    /// A device is frozen.
    DevicePaused = "devices.device.paused",
    /// A device runs after it was frozen.
    DeviceResumed = "devices.device.resumed",
    /// A device is gone.
    DeviceDeleted = "devices.device.deleted",
    /// A device does not do what it should.
    DeviceFailed = "devices.device.failed",
    /// A device works again after it had failed.
    DeviceRecovered = "devices.device.recovered",
    /// The time of a device is over; it is being taken down.
    DeviceExpired = "devices.device.expired",
    /// A device got another name, group or tags.
    DeviceUpdated = "devices.device.updated",
}

/// An app on a device, as events tell of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppFacts {
    /// The device.
    pub device_id: DeviceId,
    /// The installation that asked for it.
    pub installation_id: InstallationId,
    /// The application; absent in removals.
    pub application_id: Option<ApplicationId>,
    /// The package name.
    pub package: String,
    /// Its version; absent in removals.
    pub version_code: Option<i64>,
    /// Why it failed; absent otherwise.
    pub error: Option<CommandFailure>,
}

macro_rules! app_events {
    ($($(#[$meta:meta])* $name:ident = $event_type:literal),+ $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(transparent)]
            pub struct $name(pub AppFacts);

            impl DomainEvent for $name {
                const TYPE: &'static str = $event_type;
                const VERSION: u16 = 1;

                fn aggregate_id(&self) -> Uuid {
                    self.0.device_id.0
                }
            }
        )+
    };
}

app_events! {
    /// A device has an app.
    AppInstalled = "devices.device.app-installed",
    /// A device no longer has an app.
    AppUninstalled = "devices.device.app-uninstalled",
    /// A device could not install or remove an app.
    AppInstallFailed = "devices.device.app-install-failed",
}

/// A command came to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandCompleted {
    /// The command.
    pub command_id: CommandId,
    /// The device.
    pub device_id: DeviceId,
    /// What was ordered.
    pub kind: CommandKind,
    /// How it ended.
    pub status: CommandStatus,
    /// Why it failed; absent otherwise.
    pub error: Option<CommandFailure>,
}

impl DomainEvent for CommandCompleted {
    const TYPE: &'static str = "devices.command.completed";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        self.device_id.0
    }
}

/// The apps domain wants an app on a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallationRequested {
    /// The installation.
    pub installation_id: InstallationId,
    /// The device.
    pub device_id: DeviceId,
    /// The application.
    pub application_id: ApplicationId,
    /// The package name.
    pub package: String,
    /// Its version for programs.
    pub version_code: i64,
    /// Its version for people.
    #[serde(default)]
    pub version_name: Option<String>,
    /// Where the device downloads it.
    pub url: String,
    /// The SHA-256 that the download must have, in hex.
    pub sha256: String,
    /// The bytes that the download must have.
    pub size_bytes: u64,
}

impl DomainEvent for InstallationRequested {
    const TYPE: &'static str = "apps.installation.requested";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        self.installation_id.0
    }
}

/// The apps domain wants an app off a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovalRequested {
    /// The installation.
    pub installation_id: InstallationId,
    /// The device.
    pub device_id: DeviceId,
    /// The package name.
    pub package: String,
}

impl DomainEvent for RemovalRequested {
    const TYPE: &'static str = "apps.installation.removal-requested";
    const VERSION: u16 = 1;

    fn aggregate_id(&self) -> Uuid {
        self.installation_id.0
    }
}

/// The transient progress of an installation, on the channel `devices.install-progress.{tenant}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallProgress {
    /// The installation.
    pub installation_id: InstallationId,
    /// Percent done.
    pub progress: i32,
}

/// Every event type of this domain, for the exported schemas.
pub fn catalogue() -> Catalogue {
    Catalogue::new()
        .with::<DeviceCreated>()
        .with::<DeviceProvisioned>()
        .with::<DeviceStarted>()
        .with::<DeviceStopped>()
        .with::<DeviceRebooted>()
        .with::<DevicePaused>()
        .with::<DeviceResumed>()
        .with::<DeviceDeleted>()
        .with::<DeviceFailed>()
        .with::<DeviceRecovered>()
        .with::<DeviceExpired>()
        .with::<DeviceUpdated>()
        .with::<AppInstalled>()
        .with::<AppUninstalled>()
        .with::<AppInstallFailed>()
        .with::<CommandCompleted>()
}

/// Tells that devices were recorded.
pub async fn append_created(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    devices: &[Device],
    cause: &str,
) -> Result<(), CommonError> {
    let facts = devices.iter().map(|device| DeviceCreated(DeviceFacts::of(device, cause, device.created_at)));
    outbox::append_all(conn, caller, &facts.collect::<Vec<_>>()).await?;
    Ok(())
}

/// Tells that a device got another name, group or tags.
pub async fn append_updated(conn: &mut AsyncPgConnection, caller: &Caller, device: &Device) -> Result<(), CommonError> {
    let facts = DeviceFacts::of(device, "updated", device.updated_at);
    outbox::append(conn, caller, &DeviceUpdated(facts)).await?;
    Ok(())
}

/// Tells that the time of a device is over.
pub async fn append_expired(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    device: &Device,
    now: DateTime<Utc>,
) -> Result<(), CommonError> {
    outbox::append(conn, caller, &DeviceExpired(DeviceFacts::of(device, "expired", now))).await?;
    Ok(())
}

/// Tells of a move, when it arrived somewhere that others care about.
pub async fn append_moved(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    device: &Device,
    transition: &Transition,
    wish: Option<PendingAction>,
) -> Result<(), CommonError> {
    use DeviceState as S;
    let facts = DeviceFacts::of(device, &transition.cause, transition.at);
    match (transition.from, transition.to) {
        (Some(S::Provisioning), S::Stopped) => outbox::append(conn, caller, &DeviceProvisioned(facts)).await?,
        (Some(S::Error), S::Running | S::Stopped | S::Paused) => {
            outbox::append(conn, caller, &DeviceRecovered(facts)).await?
        }
        (Some(S::Rebooting), S::Running) => outbox::append(conn, caller, &DeviceRebooted(facts)).await?,
        (Some(S::Paused), S::Running) => outbox::append(conn, caller, &DeviceResumed(facts)).await?,
        (_, S::Running) if wish == Some(PendingAction::Resume) => {
            outbox::append(conn, caller, &DeviceResumed(facts)).await?
        }
        (_, S::Running) => outbox::append(conn, caller, &DeviceStarted(facts)).await?,
        (_, S::Stopped) => outbox::append(conn, caller, &DeviceStopped(facts)).await?,
        (_, S::Paused) => outbox::append(conn, caller, &DevicePaused(facts)).await?,
        (_, S::Error) => outbox::append(conn, caller, &DeviceFailed(facts)).await?,
        (_, S::Deleted) => outbox::append(conn, caller, &DeviceDeleted(facts)).await?,
        _ => return Ok(()),
    };
    Ok(())
}

/// Tells how a command ended, and what that means for an installation behind it.
pub async fn append_completed(
    conn: &mut AsyncPgConnection,
    caller: &Caller,
    command: &Command,
) -> Result<(), CommonError> {
    let error = command.failure();
    let completed = CommandCompleted {
        command_id: command.id,
        device_id: command.device_id,
        kind: command.kind,
        status: command.status,
        error: error.clone(),
    };
    outbox::append(conn, caller, &completed).await?;
    let Some(facts) = app_facts(command, error) else {
        return Ok(());
    };
    match (command.status, command.kind) {
        (CommandStatus::Succeeded, CommandKind::InstallApp) => {
            outbox::append(conn, caller, &AppInstalled(facts)).await?
        }
        (CommandStatus::Succeeded, _) => outbox::append(conn, caller, &AppUninstalled(facts)).await?,
        _ => outbox::append(conn, caller, &AppInstallFailed(facts)).await?,
    };
    Ok(())
}

/// The installation behind a command; `None` for commands that install or remove nothing.
fn app_facts(command: &Command, error: Option<CommandFailure>) -> Option<AppFacts> {
    if !matches!(command.kind, CommandKind::InstallApp | CommandKind::UninstallApp) {
        return None;
    }
    let argument = |name: &str| command.arguments.get(name);
    let id = |name: &str| argument(name).and_then(|id| id.as_str()).and_then(|id| id.parse::<Uuid>().ok());
    Some(AppFacts {
        device_id: command.device_id,
        installation_id: InstallationId(id("installationId")?),
        application_id: id("applicationId").map(ApplicationId),
        package: argument("package")?.as_str()?.to_owned(),
        version_code: argument("versionCode").and_then(serde_json::Value::as_i64),
        error,
    })
}
