//! Creates an organisation with its first administrator, by an operator of the platform.

use chrono::{DateTime, Utc};
use cloudphone_core::{Caller, TenantId, Validation};
use cloudphone_database::AsyncPgConnection;
use cloudphone_events::{audit, outbox};
use serde_json::{Value, json};

use super::model::{Tenant, check_name, check_slug};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::{TenantCreated, UserCreated};
use crate::role::catalogue::{TENANT_ADMIN, needs};
use crate::user::create::{self as users, CreateUser};
use crate::user::model::User;

/// An organisation to be made.
#[derive(Clone)]
pub struct CreateTenant {
    /// The name that people see.
    pub name: String,
    /// The short name.
    pub slug: String,
    /// The first administrator's address.
    pub admin_email: String,
    /// The first administrator's password.
    pub admin_password: String,
    /// The first administrator's name.
    pub admin_display_name: String,
}

/// Creates an organisation and its first administrator.
pub async fn create_tenant(
    domain: &IdentityDomain,
    caller: &Caller,
    input: CreateTenant,
) -> Result<Tenant, IdentityError> {
    caller.require(&needs::TENANT_WRITE)?;
    let mut validation = Validation::new();
    check_name(&input.name, "name", &mut validation);
    check_slug(&input.slug, "slug", &mut validation);
    let admin = CreateUser {
        email: input.admin_email,
        display_name: input.admin_display_name,
        password: input.admin_password,
        role_ids: vec![TENANT_ADMIN],
    };
    let admin = admin.checked(domain, ["adminEmail", "adminDisplayName", "adminPassword"], &mut validation);
    validation.finish()?;
    let hash = domain.passwords.hash(&admin.password).await?;
    let tenant = new(TenantId::new(), &input.name, &input.slug, domain.now());
    domain
        .database
        .system_transaction(async |connection| {
            found(connection, &tenant, &admin, &hash, caller).await?;
            note(connection, caller, "tenant.create", &tenant, None, Some(shown(&tenant))).await
        })
        .await?;
    Ok(tenant)
}

/// An organisation in its first state.
pub(crate) fn new(id: TenantId, name: &str, slug: &str, now: DateTime<Utc>) -> Tenant {
    let (name, slug) = (name.trim().to_owned(), slug.to_owned());
    Tenant { id, name, slug, suspended_at: None, created_at: now, updated_at: now }
}

/// Writes an organisation with its first account and tells of both.
pub(crate) async fn found(
    connection: &mut AsyncPgConnection,
    tenant: &Tenant,
    admin: &CreateUser,
    password_hash: &str,
    founder: &Caller,
) -> Result<User, IdentityError> {
    store::insert(connection, tenant).await?;
    let user = users::insert(connection, tenant.id, admin, password_hash, tenant.created_at).await?;
    // The events belong to the new organisation, whoever founded it.
    let caller = Caller { tenant_id: tenant.id, ..founder.clone() };
    let created = TenantCreated { tenant_id: tenant.id, name: tenant.name.clone(), slug: tenant.slug.clone() };
    outbox::append(connection, &caller, &created).await?;
    outbox::append(connection, &caller, &UserCreated::of(&user)).await?;
    Ok(user)
}

/// What the audit log keeps of an organisation.
pub(super) fn shown(tenant: &Tenant) -> Value {
    json!({ "name": tenant.name, "slug": tenant.slug, "suspended": tenant.suspended_at.is_some() })
}

/// Writes the audit entry of a change.
pub(super) async fn note(
    connection: &mut AsyncPgConnection,
    caller: &Caller,
    action: &'static str,
    tenant: &Tenant,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), IdentityError> {
    let entry = audit::AuditEntry { action, target_type: "tenant", target_id: Some(tenant.id.0), before, after };
    audit::record(connection, caller, entry).await?;
    Ok(())
}
