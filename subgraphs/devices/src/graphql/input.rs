//! What clients give: filters, orders and the inputs of mutations.

use async_graphql::{ID, InputObject};
use chrono::{DateTime, Utc};
use cloudphone_core::{CommonError, DeviceId, Validation};
use cloudphone_graphql::{Long, OrderDirection, parse_id};
use serde_json::Value;

use super::specification::DeviceSpecificationInput;
use crate::command::{CommandKind, NewCommand};
use crate::device::create::{DeviceOrder as NewDevices, Source};
use crate::device::update::DeviceUpdate;
use crate::device::{DeviceFilter, DeviceOrder, DeviceState, Labels, OrderField, ProviderKind};
use crate::template::{TemplateCategory, TemplateContent};

/// Ids that one filter may name.
const MAX_IDS: usize = 2000;

/// Which devices: every condition given must hold.
#[derive(Clone, Debug, Default, InputObject)]
#[graphql(name = "DeviceFilter")]
pub struct DeviceFilterInput {
    /// In one of these states.
    states: Option<Vec<DeviceState>>,
    /// With all of these tags.
    tags: Option<Vec<String>>,
    /// In this group.
    group: Option<String>,
    /// With this text in the name, whatever the case.
    search: Option<String>,
    /// Made by this person.
    owner_id: Option<ID>,
    /// Made from this template.
    template_id: Option<ID>,
    /// On this provider.
    provider: Option<ProviderKind>,
    /// On the network, or not.
    online: Option<bool>,
}

impl DeviceFilterInput {
    /// The filter of the domain. An id that cannot be one matches nothing, as an unknown one does.
    pub fn parse(filter: Option<Self>, device_ids: Option<Vec<ID>>) -> Result<DeviceFilter, CommonError> {
        let filter = filter.unwrap_or_default();
        let mut validation = Validation::new();
        let named = device_ids.as_ref().map_or(0, Vec::len);
        validation.check(named <= MAX_IDS, "deviceIds", "TOO_MANY", format!("Name at most {MAX_IDS} devices."));
        validation.finish()?;
        let nobody = uuid::Uuid::nil();
        Ok(DeviceFilter {
            states: filter.states,
            tags: filter.tags,
            group: filter.group,
            search: filter.search.map(|text| text.chars().take(100).collect()),
            owner_id: filter.owner_id.map(|id| parse_id(&id, "user").unwrap_or(nobody.into())),
            template_id: filter.template_id.map(|id| parse_id(&id, "device template").unwrap_or(nobody.into())),
            provider: filter.provider,
            online: filter.online,
            ids: device_ids.map(|ids| ids.iter().filter_map(|id| parse_id::<DeviceId>(id, "device").ok()).collect()),
        })
    }
}

/// How a list of devices is sorted.
#[derive(Clone, Copy, Debug, InputObject)]
#[graphql(name = "DeviceOrder")]
pub struct DeviceOrderInput {
    /// By what.
    field: OrderField,
    /// In which direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    direction: OrderDirection,
}

impl From<DeviceOrderInput> for DeviceOrder {
    fn from(input: DeviceOrderInput) -> Self {
        Self { field: input.field, descending: input.direction.is_descending() }
    }
}

/// New devices. Give either a template or a specification.
#[derive(Clone, Debug, InputObject)]
pub struct CreateDeviceInput {
    /// What people call it, 1 to 100 characters; several devices get a number behind it.
    name: String,
    /// The template to make it from.
    template_id: Option<ID>,
    /// What to make it of.
    specification: Option<DeviceSpecificationInput>,
    /// Labels, at most 32.
    #[graphql(default)]
    tags: Vec<String>,
    /// The group it belongs to.
    group: Option<String>,
    /// When it is to go.
    expires_at: Option<DateTime<Utc>>,
    /// How many to make, 1 to 100.
    #[graphql(default = 1)]
    count: i32,
    /// Whether to switch it on once it is set up.
    #[graphql(default = false)]
    start: bool,
}

impl TryFrom<CreateDeviceInput> for NewDevices {
    type Error = CommonError;

    fn try_from(input: CreateDeviceInput) -> Result<Self, CommonError> {
        let source = match (input.template_id, input.specification) {
            (Some(id), None) => Source::Template(parse_id(&id, "device template")?),
            (None, Some(specification)) => Source::Specification(Box::new(specification.into())),
            _ => {
                let mut validation = Validation::new();
                let message = "Give either a template or a specification.";
                validation.reject("templateId", "EXACTLY_ONE", message);
                validation.finish()?;
                unreachable!("a rejected field is an error")
            }
        };
        Ok(Self {
            labels: Labels { name: input.name, tags: input.tags, group: input.group },
            source,
            expires_at: input.expires_at,
            count: input.count,
            start: input.start,
        })
    }
}

/// Changes to a device; what is left out stays.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateDeviceInput {
    /// The device.
    pub id: ID,
    /// Another name.
    name: Option<String>,
    /// Other tags.
    tags: Option<Vec<String>>,
    /// Another group; an empty text takes the device out of its group.
    group: Option<String>,
    /// The version that you have seen; when the device has another by now, nothing changes.
    expected_version: Option<Long>,
}

impl From<UpdateDeviceInput> for DeviceUpdate {
    fn from(input: UpdateDeviceInput) -> Self {
        Self {
            name: input.name,
            tags: input.tags,
            group: input.group,
            expected_version: input.expected_version.map(|version| version.0),
        }
    }
}

/// An action on one device.
#[derive(Clone, Debug, InputObject)]
pub struct DeviceActionInput {
    /// The device.
    pub id: ID,
}

/// A command for a device.
#[derive(Clone, Debug, InputObject)]
pub struct SendDeviceCommandInput {
    /// The device.
    pub device_id: ID,
    /// What to do; the kinds that have a mutation of their own are refused.
    kind: CommandKind,
    /// With what: `OPEN_APP {package}`, `SET_LOCATION {latitude, longitude}`, `DROP_NETWORK {seconds}`, `SET_CONFIG {…}`.
    arguments: Option<Value>,
    /// How long the device may take, and the command may wait for it, in seconds, 1 to 86400.
    #[graphql(default = 60)]
    timeout_seconds: i32,
}

impl From<SendDeviceCommandInput> for NewCommand {
    fn from(input: SendDeviceCommandInput) -> Self {
        Self {
            kind: input.kind,
            arguments: input.arguments.unwrap_or_else(|| serde_json::json!({})),
            timeout_seconds: input.timeout_seconds,
            idempotency_key: None,
        }
    }
}

/// A new template.
#[derive(Clone, Debug, InputObject)]
pub struct CreateDeviceTemplateInput {
    /// What people call it, unique in your organisation.
    name: String,
    /// What it is good for.
    #[graphql(default)]
    description: String,
    /// What it is for.
    category: TemplateCategory,
    /// What its devices are made of.
    specification: DeviceSpecificationInput,
}

impl From<CreateDeviceTemplateInput> for TemplateContent {
    fn from(input: CreateDeviceTemplateInput) -> Self {
        Self {
            name: input.name,
            description: input.description,
            category: input.category,
            specification: input.specification.into(),
        }
    }
}

/// The new content of a template; devices made from it stay as they are.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateDeviceTemplateInput {
    /// The template.
    pub id: ID,
    /// What people call it, unique in your organisation.
    name: String,
    /// What it is good for.
    #[graphql(default)]
    description: String,
    /// What it is for.
    category: TemplateCategory,
    /// What its devices are made of.
    specification: DeviceSpecificationInput,
}

impl From<UpdateDeviceTemplateInput> for TemplateContent {
    fn from(input: UpdateDeviceTemplateInput) -> Self {
        Self {
            name: input.name,
            description: input.description,
            category: input.category,
            specification: input.specification.into(),
        }
    }
}
