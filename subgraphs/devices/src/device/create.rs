//! Making devices, from a template or from a specification.

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, CommonError, DeviceId, TemplateId, Validation};
use cloudphone_events::audit::{self, AuditEntry};
use uuid::Uuid;

use super::model::{Device, Labels, ProviderKind, Transition};
use super::specification::Specification;
use super::state::DeviceState;
use super::store;
use crate::context::{DevicesContext, Moved};
use crate::error::DevicesError;
use crate::{events, permissions, template};

/// Devices made by one call.
pub const MAX_AT_ONCE: i32 = 100;

/// What devices are made of.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The specification of a template.
    Template(TemplateId),
    /// A specification of their own.
    Specification(Box<Specification>),
}

/// An order for devices.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceOrder {
    /// Their name, with a number behind it when there are several; their tags and group.
    pub labels: Labels,
    /// What they are made of.
    pub source: Source,
    /// When they are to go.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many.
    pub count: i32,
    /// Whether they are switched on once they are set up.
    pub start: bool,
}

/// Records new devices; the worker sets them up.
pub async fn create_devices(
    context: &DevicesContext,
    caller: &Caller,
    order: DeviceOrder,
) -> Result<Vec<Device>, DevicesError> {
    caller.require(&permissions::DEVICE_CREATE)?;
    let now = context.now();
    let order = check(order, now)?;
    let (devices, transitions) = context
        .database
        .transaction(caller, async |conn| {
            let (specification, template_id) = match &order.source {
                Source::Specification(specification) => ((**specification).clone(), None),
                Source::Template(id) => {
                    let template = template::store::find(conn, *id).await?.ok_or_else(DevicesError::no_template)?;
                    (template.specification, Some(template.id))
                }
            };
            let provider = context.providers.of(ProviderKind::Simulated).map_err(CommonError::internal)?;
            if specification.gpu && !provider.capabilities().gpu {
                return Err(DevicesError::Unsupported { provider: provider.kind() });
            }
            let devices = rows(caller, &order, &specification, template_id, now);
            let transitions: Vec<_> = devices.iter().map(|device| first_entry(device, caller)).collect();
            store::insert(conn, &devices).await?;
            store::insert_transitions(conn, &transitions).await?;
            events::append_created(conn, caller, &devices, "created").await?;
            for device in &devices {
                let entry = AuditEntry {
                    action: "device.create",
                    target_type: "device",
                    target_id: Some(device.id.0),
                    before: None,
                    after: Some(device.audit_view()),
                };
                audit::record(conn, caller, entry).await?;
            }
            Ok::<_, DevicesError>((devices, transitions))
        })
        .await?;
    let moved = devices.iter().cloned().zip(transitions);
    context.announce(moved.map(|(device, transition)| Moved { device, transition: Some(transition) })).await;
    context.signals.work.notify_one();
    Ok(devices)
}

fn check(order: DeviceOrder, now: DateTime<Utc>) -> Result<DeviceOrder, DevicesError> {
    let mut validation = Validation::new();
    let labels = order.labels.normalised(&mut validation);
    if let Source::Specification(specification) = &order.source {
        specification.validate("specification", &mut validation);
    }
    validation.check(
        (1..=MAX_AT_ONCE).contains(&order.count),
        "count",
        "OUT_OF_RANGE",
        format!("Make 1 to {MAX_AT_ONCE} devices at once."),
    );
    let in_future = order.expires_at.is_none_or(|expires_at| expires_at > now);
    validation.check(in_future, "expiresAt", "IN_THE_PAST", "Choose a time in the future.");
    validation.finish()?;
    Ok(DeviceOrder { labels, ..order })
}

fn rows(
    caller: &Caller,
    order: &DeviceOrder,
    specification: &Specification,
    template_id: Option<TemplateId>,
    now: DateTime<Utc>,
) -> Vec<Device> {
    let name = |number: i32| match order.count {
        1 => order.labels.name.clone(),
        count => {
            let width = count.to_string().len();
            format!("{}-{number:0width$}", order.labels.name)
        }
    };
    let device = |number| Device {
        id: DeviceId::new(),
        tenant_id: caller.tenant_id,
        name: name(number),
        state: DeviceState::Creating,
        state_reason: None,
        online: false,
        provider: ProviderKind::Simulated,
        specification: specification.clone(),
        tags: order.labels.tags.clone(),
        group: order.labels.group.clone(),
        owner_id: caller.user_id(),
        template_id,
        created_at: now,
        updated_at: now,
        expires_at: order.expires_at,
        provisioned_at: None,
        start_when_provisioned: order.start,
        pending_command_id: None,
        pending_action: None,
        deadline_at: None,
        work_attempts: 0,
        work_due_at: None,
        reported: None,
        reported_at: None,
        status_at: None,
        version: 1,
    };
    (1..=order.count).map(device).collect()
}

fn first_entry(device: &Device, caller: &Caller) -> Transition {
    Transition {
        id: Uuid::now_v7(),
        tenant_id: device.tenant_id,
        device_id: device.id,
        from: None,
        to: device.state,
        cause: "created".to_owned(),
        actor_id: caller.user_id(),
        at: device.created_at,
    }
}
