//! The queries.

use async_graphql::{Context, ID, Object, Result};
use cloudphone_core::{DeviceId, InstallationId, PageRequest, UploadId};
use cloudphone_graphql::{Connection, Of, answer, caller, connection, shared};

use super::application::{ApplicationNode, ApplicationOrderInput, listed};
use super::device::DeviceNode;
use super::installation::{InstallationFilterInput, InstallationNode};
use super::upload::UploadNode;
use super::{batches, domain};
use crate::application::list::list_applications;
use crate::installation::list::list_installations;
use crate::permissions::APP_READ;
use crate::upload::ApplicationUploadStatus;
use crate::upload::list::{find_upload, list_uploads};

/// The queries of apps.
pub struct Query;

#[Object]
impl Query {
    /// An application of the catalogue. Absent when there is none with this id.
    async fn application(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The application's id.")] id: ID,
    ) -> Result<Option<ApplicationNode>> {
        listed(context, &id).await
    }

    /// The catalogue of the caller's organisation.
    async fn applications(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Part of the name or of the package name.")] search: Option<String>,
        #[graphql(desc = "How to sort; by name unless told.")] order_by: Option<ApplicationOrderInput>,
    ) -> Result<Option<Connection<ApplicationNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let order = order_by.map(Into::into).unwrap_or_default();
        let rows = list_applications(domain(context), caller(context)?, search.as_deref(), order, &page).await;
        Ok(Some(connection(answer(context, rows)?, page.after.is_some(), |row| ApplicationNode(row.into()))))
    }

    /// An upload. Absent when there is none with this id.
    async fn application_upload(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The upload's id.")] id: ID,
    ) -> Result<Option<UploadNode>> {
        load_upload(context, &id).await
    }

    /// The uploads of the caller's organisation, newest first.
    async fn application_uploads(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Only uploads of this status.")] status: Option<ApplicationUploadStatus>,
    ) -> Result<Option<Connection<UploadNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let rows = answer(context, list_uploads(domain(context), caller(context)?, status, &page).await)?;
        Ok(Some(connection(rows, page.after.is_some(), UploadNode)))
    }

    /// The installations of the caller's organisation, newest first.
    async fn installations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Which installations; all unless told.")] filter: Option<InstallationFilterInput>,
    ) -> Result<Option<Connection<InstallationNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let filter = answer(context, filter.unwrap_or_default().parse())?;
        let rows = answer(context, list_installations(domain(context), caller(context)?, &filter, &page).await)?;
        Ok(Some(connection(rows, page.after.is_some(), InstallationNode)))
    }

    /// An application for other domains.
    #[graphql(entity)]
    async fn find_application_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<ApplicationNode>> {
        listed(context, &id).await
    }

    /// An upload for other domains.
    #[graphql(entity)]
    async fn find_application_upload_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<UploadNode>> {
        load_upload(context, &id).await
    }

    /// An installation for other domains.
    #[graphql(entity)]
    async fn find_installation_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<InstallationNode>> {
        let caller = caller(context)?;
        answer(context, caller.require(&APP_READ))?;
        let Ok(id) = id.parse::<InstallationId>() else { return Ok(None) };
        let found = shared(context, batches(context).load_one(Of(caller.tenant_id, id)).await)?;
        Ok(found.map(|row| InstallationNode((*row).clone())))
    }

    /// What this domain knows of a device; nothing for devices of other organisations.
    #[graphql(entity)]
    #[allow(clippy::unused_async, reason = "the macro of the graph asks for async resolvers")]
    async fn find_device_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<DeviceNode>> {
        caller(context)?;
        Ok(id.parse::<DeviceId>().ok().map(DeviceNode))
    }
}

async fn load_upload(context: &Context<'_>, id: &ID) -> Result<Option<UploadNode>> {
    let caller = caller(context)?;
    let Ok(id) = id.parse::<UploadId>() else { return Ok(None) };
    Ok(answer(context, find_upload(domain(context), caller, id).await)?.map(UploadNode))
}
