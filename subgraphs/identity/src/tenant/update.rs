//! Changes an organisation's names, by an operator of the platform.

use cloudphone_core::{Caller, CommonError, TenantId, Validation};

use super::create::{note, shown};
use super::model::{Tenant, check_name, check_slug};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;

/// A change of an organisation; what is absent stays.
#[derive(Clone, Debug)]
pub struct UpdateTenant {
    /// The organisation.
    pub id: TenantId,
    /// The new name.
    pub name: Option<String>,
    /// The new short name.
    pub slug: Option<String>,
}

/// Changes an organisation's names.
pub async fn update_tenant(
    domain: &IdentityDomain,
    caller: &Caller,
    input: UpdateTenant,
) -> Result<Tenant, IdentityError> {
    caller.require(&needs::TENANT_WRITE)?;
    let mut validation = Validation::new();
    if let Some(name) = &input.name {
        check_name(name, "name", &mut validation);
    }
    if let Some(slug) = &input.slug {
        check_slug(slug, "slug", &mut validation);
    }
    validation.finish()?;
    domain
        .database
        .system_transaction(async |connection| {
            let tenant = store::lock(connection, input.id).await?.ok_or(CommonError::NotFound { what: "tenant" })?;
            let before = shown(&tenant);
            let tenant = Tenant {
                name: input.name.as_deref().map_or(tenant.name, |name| name.trim().to_owned()),
                slug: input.slug.clone().unwrap_or(tenant.slug),
                updated_at: domain.now(),
                ..tenant
            };
            store::update(connection, &tenant).await?;
            note(connection, caller, "tenant.update", &tenant, Some(before), Some(shown(&tenant))).await?;
            Ok::<_, IdentityError>(tenant)
        })
        .await
}
