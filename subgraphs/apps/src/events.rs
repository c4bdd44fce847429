//! What this domain publishes, and what it listens to.

use cloudphone_core::{ApplicationId, DeviceId, InstallationId, UploadId};
use cloudphone_events::{Catalogue, DomainEvent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::application::Application;
use crate::failure::Failure;
use crate::installation::Installation;
use crate::upload::Upload;

macro_rules! events {
    ($($(#[$meta:meta])* $name:ident $kind:literal of $aggregate:ident { $($(#[$of_field:meta])* $field:ident: $type:ty),* $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($(#[$of_field])* pub $field: $type),* }

        impl DomainEvent for $name {
            const TYPE: &'static str = $kind;
            const VERSION: u16 = 1;

            fn aggregate_id(&self) -> Uuid {
                self.$aggregate.0
            }
        }
    )+

        /// All events of the domain.
        pub fn catalogue() -> Catalogue {
            Catalogue::new()$(.with::<$name>())+.with::<AppInstalled>().with::<AppUninstalled>().with::<AppInstallFailed>()
        }
    };
}

events! {
    /// All bytes of a file have arrived.
    ApplicationUploaded "apps.application.uploaded" of upload_id {
        /// The upload.
        upload_id: UploadId,
        /// The file's name.
        file_name: String,
        /// Its size.
        size_bytes: i64,
        /// The SHA-256 that it must have, in hexadecimal.
        sha256: String,
    }
    /// A package was read and is in the catalogue.
    ApplicationParsed "apps.application.parsed" of application_id {
        /// The application.
        application_id: ApplicationId,
        /// The upload that it came from.
        upload_id: UploadId,
        /// The package name.
        package: String,
        /// Its version for programs.
        version_code: i64,
        /// Its version for people; absent when it has none.
        version_name: Option<String>,
        /// The name under the icon.
        label: String,
        /// Its size.
        size_bytes: i64,
        /// Its SHA-256, in hexadecimal.
        sha256: String,
    }
    /// A file is no package that can be accepted.
    ApplicationParseFailed "apps.application.parse-failed" of upload_id {
        /// The upload.
        upload_id: UploadId,
        /// The file's name.
        file_name: String,
        /// Why.
        error: Failure,
    }
    /// An application was taken out of the catalogue.
    ApplicationDeleted "apps.application.deleted" of application_id {
        /// The application.
        application_id: ApplicationId,
        /// The package name.
        package: String,
        /// Its version for programs.
        version_code: i64,
    }
    /// A device shall get an application.
    InstallationRequested "apps.installation.requested" of installation_id {
        /// The installation.
        installation_id: InstallationId,
        /// The device.
        device_id: DeviceId,
        /// The application.
        application_id: ApplicationId,
        /// The package name.
        package: String,
        /// Its version for programs.
        version_code: i64,
        /// Its version for people; absent when it has none.
        version_name: Option<String>,
        /// Where the device downloads it.
        url: String,
        /// The SHA-256 that the download must have, in hexadecimal.
        sha256: String,
        /// The bytes that the download must have.
        size_bytes: i64,
    }
    /// A device shall lose an application.
    RemovalRequested "apps.installation.removal-requested" of installation_id {
        /// The installation.
        installation_id: InstallationId,
        /// The device.
        device_id: DeviceId,
        /// The package name.
        package: String,
    }
}

/// An installation, as events tell of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallationFacts {
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
    /// Why it failed; absent otherwise.
    pub error: Option<Failure>,
}

/// An application on a device, as the devices domain tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceAppFacts {
    /// The installation that asked for it.
    pub installation_id: InstallationId,
    /// The device.
    pub device_id: DeviceId,
    /// The application; absent in removals.
    #[serde(default)]
    pub application_id: Option<ApplicationId>,
    /// Why it failed; absent otherwise.
    #[serde(default)]
    pub error: Option<Failure>,
}

macro_rules! facts {
    ($($(#[$meta:meta])* $name:ident($facts:ident, $aggregate:ident) = $kind:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub $facts);

        impl DomainEvent for $name {
            const TYPE: &'static str = $kind;
            const VERSION: u16 = 1;

            fn aggregate_id(&self) -> Uuid {
                self.0.$aggregate.0
            }
        }
    )+};
}

facts! {
    /// A device has an application.
    AppInstalled(InstallationFacts, installation_id) = "apps.application.installed";
    /// A device no longer has an application.
    AppUninstalled(InstallationFacts, installation_id) = "apps.application.uninstalled";
    /// A device could not install or remove an application.
    AppInstallFailed(InstallationFacts, installation_id) = "apps.application.install-failed";
    /// The devices domain: a device has an app.
    DeviceAppInstalled(DeviceAppFacts, device_id) = "devices.device.app-installed";
    /// The devices domain: a device no longer has an app.
    DeviceAppUninstalled(DeviceAppFacts, device_id) = "devices.device.app-uninstalled";
    /// The devices domain: a device could not install or remove an app.
    DeviceAppInstallFailed(DeviceAppFacts, device_id) = "devices.device.app-install-failed";
    /// The devices domain: a device is gone.
    DeviceDeleted(DeviceFacts, device_id) = "devices.device.deleted";
}

/// A device, as the devices domain tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceFacts {
    /// The device.
    pub device_id: DeviceId,
}

/// Every event that tells that a device exists; one suffices, so that devices older than this domain get known as well.
pub const DEVICE_SEEN: [&str; 9] = [
    "devices.device.created",
    "devices.device.provisioned",
    "devices.device.started",
    "devices.device.stopped",
    "devices.device.rebooted",
    "devices.device.paused",
    "devices.device.resumed",
    "devices.device.recovered",
    "devices.device.updated",
];

/// The transient progress of an installation, on the channel `devices.install-progress.{tenant}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallProgress {
    /// The installation.
    pub installation_id: InstallationId,
    /// Percent done.
    pub progress: i32,
}

impl ApplicationUploaded {
    /// The event of a file that has arrived.
    pub fn of(upload: &Upload) -> Self {
        Self {
            upload_id: upload.id,
            file_name: upload.file_name.clone(),
            size_bytes: upload.size_bytes,
            sha256: upload.sha256.clone(),
        }
    }
}

impl ApplicationParsed {
    /// The event of a package that was read.
    pub fn of(application: &Application, upload_id: UploadId) -> Self {
        Self {
            application_id: application.id,
            upload_id,
            package: application.package_name.clone(),
            version_code: application.version_code,
            version_name: application.version_name.clone(),
            label: application.label.clone(),
            size_bytes: application.size_bytes,
            sha256: application.sha256.clone(),
        }
    }
}

impl InstallationRequested {
    /// The wish for an application on a device.
    pub fn of(installation: &Installation, application: &Application, url: &str) -> Self {
        Self {
            installation_id: installation.id,
            device_id: installation.device_id,
            application_id: application.id,
            package: application.package_name.clone(),
            version_code: application.version_code,
            version_name: application.version_name.clone(),
            url: url.to_owned(),
            sha256: application.sha256.clone(),
            size_bytes: application.size_bytes,
        }
    }
}

impl InstallationFacts {
    /// An installation as it is now.
    pub fn of(installation: &Installation) -> Self {
        Self {
            installation_id: installation.id,
            device_id: installation.device_id,
            application_id: installation.application_id,
            package: installation.package_name.clone(),
            version_code: installation.version_code,
            error: installation.failure(),
        }
    }
}
