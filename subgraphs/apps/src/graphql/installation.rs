//! The `Installation` type.

use async_graphql::{Context, Error, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use cloudphone_core::CommonError;
use cloudphone_graphql::{Of, origin, parse_id, shared, to_graphql_error};

use super::application::{self, ApplicationNode};
use super::batches;
use super::device::DeviceNode;
use crate::error::AppsError;
use crate::failure::Failure;
use crate::installation::store::InstallationFilter;
use crate::installation::{Installation, InstallationStatus};

/// Which installations a list shows.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "InstallationFilter")]
pub struct InstallationFilterInput {
    /// Only on this device.
    device_id: Option<ID>,
    /// Only of this application.
    application_id: Option<ID>,
    /// Only of this status.
    status: Option<InstallationStatus>,
}

impl InstallationFilterInput {
    /// Reads the ids; one that is none answers as one that does not exist.
    pub fn parse(self) -> std::result::Result<InstallationFilter, CommonError> {
        Ok(InstallationFilter {
            ids: None,
            device_id: self.device_id.map(|id| parse_id(&id, "device")).transpose()?,
            application_id: self.application_id.map(|id| parse_id(&id, "application")).transpose()?,
            status: self.status,
        })
    }
}

/// An installation.
pub struct InstallationNode(pub Installation);

/// One application on one device, from the wish to the removal.
#[Object(name = "Installation")]
impl InstallationNode {
    /// The installation's id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The device. Absent when it is gone.
    async fn device(&self, context: &Context<'_>) -> Result<Option<DeviceNode>> {
        let found = batches(context).load_one(Of(self.0.tenant_id, self.0.device_id)).await;
        Ok(shared(context, found)?.map(|()| DeviceNode(self.0.device_id)))
    }

    /// The application, also when it has left the catalogue.
    async fn application(&self, context: &Context<'_>) -> Result<ApplicationNode> {
        let found = application::load(context, self.0.application_id).await?;
        found.ok_or_else(|| missing(context))
    }

    /// Where it is in its life.
    async fn status(&self) -> InstallationStatus {
        self.0.status
    }

    /// Percent done.
    async fn progress(&self) -> i32 {
        self.0.progress
    }

    /// Why the last order failed. Absent otherwise.
    async fn failure(&self) -> Option<Failure> {
        self.0.failure()
    }

    /// How often it was tried.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

fn missing(context: &Context<'_>) -> Error {
    to_graphql_error(&AppsError::no_application(), origin(context))
}
