//! What this domain adds to the `Device` type.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_core::DeviceId;
use cloudphone_graphql::{Connection, Long, NestedPage, answer, caller, connection, shared};

use super::application::ApplicationNode;
use super::batches;
use super::installation::InstallationNode;
use super::loaders::{InstallationsOf, PresentOn};
use crate::permissions::APP_READ;

/// An application that a device has.
#[derive(SimpleObject)]
pub struct InstalledApp {
    /// The application. Absent when it is not from the catalogue.
    application: Option<ApplicationNode>,
    /// The package name.
    package_name: String,
    /// The name under the icon.
    label: String,
    /// The version for people. Absent when the package has none.
    version_name: Option<String>,
    /// The number by which Android orders versions.
    version_code: Long,
    /// When the device got it.
    installed_at: DateTime<Utc>,
}

/// A device, as far as this domain knows it.
pub struct DeviceNode(pub DeviceId);

/// A cloud phone; the devices domain knows more.
#[Object(name = "Device")]
impl DeviceNode {
    /// The device's id.
    async fn id(&self) -> ID {
        ID(self.0.to_string())
    }

    // Nullable, so that a device stays whole for other subgraphs' fields when this one is away.
    /// The applications that the device has from this platform, by name. Null only together with an error.
    async fn installed_apps(&self, context: &Context<'_>) -> Result<Option<Vec<InstalledApp>>> {
        let caller = caller(context)?;
        answer(context, caller.require(&APP_READ))?;
        let present = batches(context).load_one(PresentOn(caller.tenant_id, self.0)).await;
        let present = shared(context, present)?.unwrap_or_default();
        let app = |(installation, application): (crate::installation::Installation, Arc<_>)| {
            let application: Arc<crate::application::Application> = application;
            InstalledApp {
                package_name: application.package_name.clone(),
                label: application.label.clone(),
                version_name: application.version_name.clone(),
                version_code: Long(application.version_code),
                installed_at: installation.installed_at.unwrap_or(installation.updated_at),
                application: Some(ApplicationNode(application)),
            }
        };
        Ok(Some(present.into_iter().map(app).collect()))
    }

    /// Everything that was ever asked of the device about applications, newest first. Null only together with an error.
    async fn installations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
    ) -> Result<Option<Connection<InstallationNode>>> {
        let caller = caller(context)?;
        answer(context, caller.require(&APP_READ))?;
        let page = answer(context, NestedPage::new(first, after))?;
        let previous = page.has_previous();
        let found = batches(context).load_one(InstallationsOf(caller.tenant_id, self.0, page)).await;
        let empty = || cloudphone_core::Page { rows: Vec::new(), has_next: false, total: None };
        Ok(Some(connection(shared(context, found)?.unwrap_or_else(empty), previous, InstallationNode)))
    }
}
