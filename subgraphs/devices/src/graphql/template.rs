//! Templates, out.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};
use cloudphone_graphql::{caller, shared};

use super::batches;
use super::loaders::DeviceCountOf;
use super::specification::SpecificationNode;
use crate::template::{Template, TemplateCategory};

/// A specification with a name, from which devices are made.
pub struct TemplateNode(pub Arc<Template>);

/// A specification with a name, from which devices are made.
#[Object(name = "DeviceTemplate")]
impl TemplateNode {
    /// The template.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is good for.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What it is for.
    async fn category(&self) -> TemplateCategory {
        self.0.category
    }

    /// What its devices are made of.
    async fn specification(&self) -> SpecificationNode {
        SpecificationNode::from(&self.0.specification)
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// How many devices were made from it and are still there.
    async fn device_count(&self, context: &Context<'_>) -> Result<i32> {
        let key = DeviceCountOf(caller(context)?.tenant_id, self.0.id);
        let count = shared(context, batches(context).load_one(key).await)?.unwrap_or_default();
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }
}
