//! The domain's queries and entities.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use cloudphone_core::{CommandId, DeviceId, PageRequest, TemplateId};
use cloudphone_graphql::{Connection, Of, answer, caller, connection, parse_id, shared};

use super::command::CommandNode;
use super::device::DeviceNode;
use super::input::{DeviceFilterInput, DeviceOrderInput};
use super::telemetry::QuarantinedNode;
use super::template::TemplateNode;
use super::{batches, domain};
use crate::device::{DeviceOrder, DeviceState, read};
use crate::permissions;
use crate::telemetry::read as telemetry;
use crate::template::{TemplateCategory, TemplateFilter, change as templates};

/// How many devices are in a state.
#[derive(SimpleObject)]
pub struct DeviceStateCount {
    /// The state.
    state: DeviceState,
    /// How many.
    count: i32,
}

/// The domain's queries.
pub struct Query;

/// The domain's queries.
#[Object]
impl Query {
    /// One device of your organisation; absent when there is none with this id.
    async fn device(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The device.")] id: ID,
    ) -> Result<Option<DeviceNode>> {
        load_device(context, &id).await
    }

    /// Devices of your organisation.
    async fn devices(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Rows wanted, 1 to 200; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Which ones; all when left out.")] filter: Option<DeviceFilterInput>,
        #[graphql(desc = "In which order; the newest first when left out.")] order_by: Option<DeviceOrderInput>,
    ) -> Result<Option<Connection<DeviceNode>>> {
        let caller = caller(context)?;
        let filter = answer(context, DeviceFilterInput::parse(filter, None))?;
        let page = answer(context, PageRequest::new(first, after))?;
        let has_previous = page.after.is_some();
        let order = order_by.map(DeviceOrder::from).unwrap_or_default();
        let listed = read::list_devices(domain(context), caller, filter, order, page).await;
        Ok(Some(connection(answer(context, listed)?, has_previous, DeviceNode::from)))
    }

    /// How many devices of your organisation are in each state; states without any are left out.
    async fn device_state_counts(&self, context: &Context<'_>) -> Result<Option<Vec<DeviceStateCount>>> {
        let counts = answer(context, read::count_devices(domain(context), caller(context)?).await)?;
        let count = |(state, count)| DeviceStateCount { state, count: i32::try_from(count).unwrap_or(i32::MAX) };
        Ok(Some(counts.into_iter().map(count).collect()))
    }

    /// Templates of your organisation, by name.
    async fn device_templates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Rows wanted, 1 to 200; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "With this text in the name, whatever the case.")] search: Option<String>,
        #[graphql(desc = "Of this category.")] category: Option<TemplateCategory>,
    ) -> Result<Option<Connection<TemplateNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let has_previous = page.after.is_some();
        let filter = TemplateFilter { search, category };
        let listed = templates::list_templates(domain(context), caller(context)?, filter, page).await;
        Ok(Some(connection(answer(context, listed)?, has_previous, |row| TemplateNode(Arc::new(row)))))
    }

    /// One template of your organisation; absent when there is none with this id.
    async fn device_template(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The template.")] id: ID,
    ) -> Result<Option<TemplateNode>> {
        load_template(context, &id).await
    }

    /// A sample of the messages from devices that were not accepted, newest first.
    async fn telemetry_quarantine(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Rows wanted, 1 to 200; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
    ) -> Result<Option<Connection<QuarantinedNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let has_previous = page.after.is_some();
        let listed = telemetry::list_quarantined(domain(context), caller(context)?, page).await;
        Ok(Some(connection(answer(context, listed)?, has_previous, QuarantinedNode::from)))
    }

    /// A device for other domains.
    #[graphql(entity)]
    async fn find_device_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<DeviceNode>> {
        load_device(context, &id).await
    }

    /// A template for other domains.
    #[graphql(entity)]
    async fn find_device_template_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<TemplateNode>> {
        load_template(context, &id).await
    }

    /// A command for other domains.
    #[graphql(entity)]
    async fn find_device_command_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<CommandNode>> {
        let caller = caller(context)?;
        answer(context, caller.require(&permissions::DEVICE_READ))?;
        let Ok(id) = parse_id::<CommandId>(&id, "command") else {
            return Ok(None);
        };
        let found = batches(context).load_one(Of(caller.tenant_id, id)).await;
        Ok(shared(context, found)?.map(CommandNode))
    }
}

async fn load_device(context: &Context<'_>, id: &ID) -> Result<Option<DeviceNode>> {
    let caller = caller(context)?;
    answer(context, caller.require(&permissions::DEVICE_READ))?;
    let Ok(id) = parse_id::<DeviceId>(id, "device") else {
        return Ok(None);
    };
    let found = batches(context).load_one(Of(caller.tenant_id, id)).await;
    Ok(shared(context, found)?.map(DeviceNode))
}

async fn load_template(context: &Context<'_>, id: &ID) -> Result<Option<TemplateNode>> {
    let caller = caller(context)?;
    answer(context, caller.require(&permissions::TEMPLATE_READ))?;
    let Ok(id) = parse_id::<TemplateId>(id, "device template") else {
        return Ok(None);
    };
    let found = batches(context).load_one(Of(caller.tenant_id, id)).await;
    Ok(shared(context, found)?.map(TemplateNode))
}
