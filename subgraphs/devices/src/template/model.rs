//! Specifications with a name, from which devices are made.

use chrono::{DateTime, Utc};
use cloudphone_core::{TemplateId, TenantId, UserId, Validation};
use serde_json::{Value, json};

use crate::device::specification::Specification;

cloudphone_database::text_enum! {
    /// What a template is for.
    pub enum TemplateCategory {
        /// Games.
        Gaming = "GAMING",
        /// Testing of apps.
        Testing = "TESTING",
        /// Everyday use.
        General = "GENERAL",
        /// Anything else.
        Custom = "CUSTOM",
    }
}

/// A specification with a name.
#[derive(
    Clone, Debug, PartialEq, diesel::prelude::Queryable, diesel::prelude::Selectable, diesel::prelude::Insertable,
)]
#[diesel(table_name = crate::schema::device_templates)]
pub struct Template {
    /// The template.
    pub id: TemplateId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// What people call it; unique within the tenant, whatever the case.
    pub name: String,
    /// What it is good for.
    pub description: String,
    /// What it is for.
    pub category: TemplateCategory,
    /// What its devices are made of.
    pub specification: Specification,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change.
    pub version: i64,
}

/// What a client says about a template.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateContent {
    /// What people call it.
    pub name: String,
    /// What it is good for.
    pub description: String,
    /// What it is for.
    pub category: TemplateCategory,
    /// What its devices are made of.
    pub specification: Specification,
}

impl TemplateContent {
    /// Notes what breaks the rules.
    pub fn validate(&self, validation: &mut Validation) {
        let text = |text: &str| !text.contains('\0');
        validation.length(&self.name, 1, 100, "name");
        validation.length(&self.description, 0, 1000, "description");
        validation.check(text(&self.name), "name", "INVALID", "Leave out control characters.");
        validation.check(text(&self.description), "description", "INVALID", "Leave out control characters.");
        self.specification.validate("specification", validation);
    }
}

impl Template {
    /// What the audit trail keeps of it.
    pub fn audit_view(&self) -> Value {
        json!({
            "name": self.name, "description": self.description, "category": self.category,
            "specification": self.specification,
        })
    }
}
