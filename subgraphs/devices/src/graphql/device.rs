//! Devices, out.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use cloudphone_graphql::{Connection, Long, NestedPage, Of, answer, caller, connection, shared};

use super::command::CommandNode;
use super::loaders::{CommandsOf, HistoryOf, TransitionsOf};
use super::specification::{GeoPointNode, SpecificationNode};
use super::telemetry::SampleNode;
use super::template::TemplateNode;
use super::{batches, domain};
use crate::device::{Device, DeviceAction, DeviceState, ProviderKind, Transition};
use crate::permissions;
use crate::telemetry::history::{AskedResolution, HistoryWindow, TelemetryPoint};

/// A person with an account; the identity domain knows more.
#[derive(SimpleObject)]
#[graphql(name = "User", unresolvable)]
pub struct UserStub {
    /// The person.
    pub id: ID,
}

impl From<cloudphone_core::UserId> for UserStub {
    fn from(id: cloudphone_core::UserId) -> Self {
        Self { id: ID(id.to_string()) }
    }
}

/// One move of a device from state to state.
#[derive(SimpleObject)]
#[graphql(name = "DeviceTransition")]
pub struct TransitionNode {
    /// The move.
    id: ID,
    /// Where the device came from; absent for its first state.
    from: Option<DeviceState>,
    /// Where it went.
    to: DeviceState,
    /// Why.
    cause: String,
    /// Who asked for it; absent for the platform and the phone itself.
    actor: Option<UserStub>,
    /// When.
    at: DateTime<Utc>,
}

impl From<&Transition> for TransitionNode {
    fn from(transition: &Transition) -> Self {
        Self {
            id: ID(transition.id.to_string()),
            from: transition.from,
            to: transition.to,
            cause: transition.cause.clone(),
            actor: transition.actor_id.map(UserStub::from),
            at: transition.at,
        }
    }
}

/// A cloud phone.
pub struct DeviceNode(pub Arc<Device>);

impl From<Device> for DeviceNode {
    fn from(device: Device) -> Self {
        Self(Arc::new(device))
    }
}

/// A cloud phone.
#[Object(name = "Device")]
impl DeviceNode {
    /// The device.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is in its life.
    async fn state(&self) -> DeviceState {
        self.0.state
    }

    /// Why it is in error; absent unless it is.
    async fn state_reason(&self) -> Option<&str> {
        self.0.state_reason.as_deref()
    }

    /// Whether it is on the network.
    async fn online(&self) -> bool {
        self.0.online
    }

    /// What it runs on.
    async fn provider(&self) -> ProviderKind {
        self.0.provider
    }

    /// What it is made of.
    async fn specification(&self) -> SpecificationNode {
        SpecificationNode::from(&self.0.specification)
    }

    /// Labels, sorted.
    async fn tags(&self) -> &[String] {
        &self.0.tags
    }

    /// The group it belongs to; absent when it belongs to none.
    async fn group(&self) -> Option<&str> {
        self.0.group.as_deref()
    }

    /// Who made it; absent when a program did.
    async fn owner(&self) -> Option<UserStub> {
        self.0.owner_id.map(UserStub::from)
    }

    /// What it was made from; absent when from a specification, or when the template is gone.
    async fn template(&self, context: &Context<'_>) -> Result<Option<TemplateNode>> {
        let Some(template_id) = self.0.template_id else {
            return Ok(None);
        };
        let key = Of(caller(context)?.tenant_id, template_id);
        Ok(shared(context, batches(context).load_one(key).await)?.map(TemplateNode))
    }

    /// Where its GPS is: by the latest sample if you may see it, or else where it was placed; absent when neither is known.
    async fn location(&self, context: &Context<'_>) -> Option<GeoPointNode> {
        let may_see = caller(context).is_ok_and(|caller| caller.require(&permissions::TELEMETRY_READ).is_ok());
        let measured = may_see
            .then(|| domain(context).hub.latest(self.0.id))
            .flatten()
            .and_then(|sample| sample.latitude.zip(sample.longitude))
            .map(|(latitude, longitude)| GeoPointNode { latitude, longitude });
        measured.or_else(|| self.0.specification.location.map(GeoPointNode::from))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it is to go; absent when it stays.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Grows with each change; give it to `updateDevice` to change only what you have seen.
    async fn version(&self) -> Long {
        Long(self.0.version)
    }

    /// The newest measurement; absent until one came.
    #[allow(clippy::unused_async, reason = "the macro of the graph asks for async resolvers")]
    async fn latest_telemetry(&self, context: &Context<'_>) -> Result<Option<SampleNode>> {
        answer(context, caller(context)?.require(&permissions::TELEMETRY_READ))?;
        Ok(domain(context).hub.latest(self.0.id).map(SampleNode))
    }

    /// Its moves from state to state, newest first.
    async fn transitions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Rows wanted, 1 to 200; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
    ) -> Result<Connection<TransitionNode>> {
        let page = answer(context, NestedPage::new(first, after))?;
        let has_previous = page.has_previous();
        let key = TransitionsOf(caller(context)?.tenant_id, self.0.id, page);
        let rows = shared(context, batches(context).load_one(key).await)?;
        let rows = rows.unwrap_or_else(|| cloudphone_core::Page { rows: Vec::new(), has_next: false, total: None });
        Ok(connection(rows, has_previous, |row| (&row).into()))
    }

    /// Averages of its measurements over a stretch of the past, oldest first.
    async fn telemetry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The beginning; an hour before `to` when left out.")] from: Option<DateTime<Utc>>,
        #[graphql(desc = "The end; now when left out.")] to: Option<DateTime<Utc>>,
        #[graphql(desc = "How fine.", default_with = "Some(AskedResolution::Auto)")] resolution: Option<
            AskedResolution,
        >,
        #[graphql(desc = "The most points, 1 to 2000; 300 when left out.")] max_points: Option<i32>,
    ) -> Result<Vec<TelemetryPoint>> {
        let caller = caller(context)?;
        answer(context, caller.require(&permissions::TELEMETRY_READ))?;
        let window = HistoryWindow::new(from, to, resolution.unwrap_or_default(), max_points, domain(context).now());
        let key = HistoryOf(caller.tenant_id, self.0.id, answer(context, window)?);
        Ok(shared(context, batches(context).load_one(key).await)?.unwrap_or_default())
    }

    /// What it was told to do, newest first.
    async fn commands(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Rows wanted, 1 to 200; 25 when left out.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
    ) -> Result<Connection<CommandNode>> {
        let page = answer(context, NestedPage::new(first, after))?;
        let has_previous = page.has_previous();
        let key = CommandsOf(caller(context)?.tenant_id, self.0.id, page);
        let rows = shared(context, batches(context).load_one(key).await)?;
        let rows = rows.unwrap_or_else(|| cloudphone_core::Page { rows: Vec::new(), has_next: false, total: None });
        Ok(connection(rows, has_previous, |row| CommandNode(Arc::new(row))))
    }

    /// What may be asked of it now.
    async fn allowed_actions(&self) -> Vec<DeviceAction> {
        self.0.allowed_actions()
    }
}
