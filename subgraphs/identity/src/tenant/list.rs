//! Shows organisations: the caller's own, or all of them to an operator of the platform.

use cloudphone_core::{Caller, CommonError, Cursor, Page, PageRequest, TenantId};
use std::collections::HashMap;

use super::model::Tenant;
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::role::catalogue::needs;

/// The caller's own organisation.
pub async fn own_tenant(domain: &IdentityDomain, caller: &Caller) -> Result<Tenant, IdentityError> {
    let found = domain
        .database
        .read(caller, async |connection| Ok::<_, IdentityError>(store::find(connection, caller.tenant_id).await?))
        .await?;
    Ok(found.ok_or(CommonError::NotFound { what: "tenant" })?)
}

/// Several organisations at once, as far as the caller may see them: one's own, or any for an operator of the platform.
pub async fn find_tenants(
    domain: &IdentityDomain,
    caller: &Caller,
    ids: &[TenantId],
) -> Result<HashMap<TenantId, Tenant>, IdentityError> {
    let tenants = if caller.may(&needs::TENANT_WRITE) {
        domain
            .database
            .system_transaction(async |connection| Ok::<_, IdentityError>(store::find_many(connection, ids).await?))
            .await?
    } else {
        domain
            .database
            .read(caller, async |connection| Ok::<_, IdentityError>(store::find_many(connection, ids).await?))
            .await?
    };
    Ok(tenants.into_iter().map(|tenant| (tenant.id, tenant)).collect())
}

/// A page of all organisations of the platform.
pub async fn list_tenants(
    domain: &IdentityDomain,
    caller: &Caller,
    search: Option<&str>,
    page: &PageRequest,
) -> Result<Page<Tenant>, IdentityError> {
    caller.require(&needs::TENANT_WRITE)?;
    let (rows, total) =
        domain.database.system_transaction(async |connection| store::list(connection, search, page).await).await?;
    Ok(Page::cut(rows, page, Some(total), |tenant| Cursor { key: tenant.slug.clone(), id: tenant.id.0 }.encode()))
}
