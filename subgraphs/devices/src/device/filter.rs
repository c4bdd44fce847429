//! Which devices a list or a subscription is about: the same rule for rows in memory; the store says it in SQL.

use cloudphone_core::{DeviceId, TemplateId, UserId};

use super::model::{Device, ProviderKind};
use super::state::DeviceState;

/// Conditions that must all hold; absent ones hold always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceFilter {
    /// In one of these states.
    pub states: Option<Vec<DeviceState>>,
    /// With all of these tags.
    pub tags: Option<Vec<String>>,
    /// In this group.
    pub group: Option<String>,
    /// With this text in the name, whatever the case.
    pub search: Option<String>,
    /// Of this owner.
    pub owner_id: Option<UserId>,
    /// Made from this template.
    pub template_id: Option<TemplateId>,
    /// On this provider.
    pub provider: Option<ProviderKind>,
    /// On the network, or not.
    pub online: Option<bool>,
    /// One of these.
    pub ids: Option<Vec<DeviceId>>,
}

impl DeviceFilter {
    /// Whether the device is listed and every condition holds.
    pub fn matches(&self, device: &Device) -> bool {
        let has_tags = |tags: &Vec<String>| tags.iter().all(|tag| device.tags.contains(tag));
        device.is_listed()
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&device.id))
            && self.states.as_ref().is_none_or(|states| states.contains(&device.state))
            && self.tags.as_ref().is_none_or(has_tags)
            && self.group.as_ref().is_none_or(|group| device.group.as_ref() == Some(group))
            && self.search.as_ref().is_none_or(|text| device.name.to_lowercase().contains(&text.trim().to_lowercase()))
            && self.owner_id.is_none_or(|owner| device.owner_id == Some(owner))
            && self.template_id.is_none_or(|template| device.template_id == Some(template))
            && self.provider.is_none_or(|provider| device.provider == provider)
            && self.online.is_none_or(|online| device.online == online)
    }
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, async_graphql::Enum)]
#[graphql(name = "DeviceOrderField")]
pub enum OrderField {
    /// The name.
    Name,
    /// The time of creation.
    #[default]
    CreatedAt,
    /// The state.
    State,
}

/// How a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceOrder {
    /// By what.
    pub field: OrderField,
    /// Largest or newest first.
    pub descending: bool,
}

impl Default for DeviceOrder {
    fn default() -> Self {
        Self { field: OrderField::CreatedAt, descending: true }
    }
}
