//! Suspends an organisation, which shuts all its people out at once, and resumes it.

use cloudphone_core::{Caller, CommonError, TenantId};
use cloudphone_events::outbox;

use super::create::{note, shown};
use super::model::Tenant;
use super::store;
use crate::access::AccessChange;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::{TenantResumed, TenantSuspended, access_changed};
use crate::role::catalogue::needs;

/// Suspends an organisation; suspending a suspended one changes nothing.
pub async fn suspend_tenant(domain: &IdentityDomain, caller: &Caller, id: TenantId) -> Result<Tenant, IdentityError> {
    caller.require(&needs::TENANT_WRITE)?;
    if caller.tenant_id == id {
        return Err(IdentityError::OwnOrganisation);
    }
    change(domain, caller, id, true).await
}

/// Resumes an organisation; resuming one that is not suspended changes nothing.
pub async fn resume_tenant(domain: &IdentityDomain, caller: &Caller, id: TenantId) -> Result<Tenant, IdentityError> {
    change(domain, caller, id, false).await
}

async fn change(
    domain: &IdentityDomain,
    caller: &Caller,
    id: TenantId,
    suspended: bool,
) -> Result<Tenant, IdentityError> {
    caller.require(&needs::TENANT_WRITE)?;
    domain
        .database
        .system_transaction(async |connection| {
            let tenant = store::lock(connection, id).await?.ok_or(CommonError::NotFound { what: "tenant" })?;
            if tenant.suspended_at.is_some() == suspended {
                return Ok(tenant);
            }
            let before = shown(&tenant);
            let now = domain.now();
            let tenant = Tenant { suspended_at: suspended.then_some(now), updated_at: now, ..tenant };
            store::update(connection, &tenant).await?;
            let within = Caller { tenant_id: id, ..caller.clone() };
            access_changed(connection, domain, &within, AccessChange::of_tenant(id)).await?;
            let action = if suspended {
                outbox::append(connection, &within, &TenantSuspended { tenant_id: id }).await?;
                "tenant.suspend"
            } else {
                outbox::append(connection, &within, &TenantResumed { tenant_id: id }).await?;
                "tenant.resume"
            };
            note(connection, caller, action, &tenant, Some(before), Some(shown(&tenant))).await?;
            Ok::<_, IdentityError>(tenant)
        })
        .await
}
