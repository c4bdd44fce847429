//! Demo accounts, so that a first start has somebody to sign in as.

use cloudphone_core::{Caller, RoleId, TenantId, UserId, Validation};
use cloudphone_database::DatabaseError;
use cloudphone_events::outbox;

use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::events::UserCreated;
use crate::role::catalogue::{AUDITOR, OPERATOR, SUPER_ADMIN, TENANT_ADMIN};
use crate::tenant::create::{found, new};
use crate::tenant::store as tenants;
use crate::user::create::{CreateUser, insert};
use crate::user::store as users;

/// The password of all demo accounts.
pub const DEMO_PASSWORD: &str = "Demo-Pass-2026!";

/// The demo organisation's short name.
const DEMO_SLUG: &str = "demo";
/// The operators' organisation's short name.
const PLATFORM_SLUG: &str = "platform";

/// A demo account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    /// The address to sign in with.
    pub email: &'static str,
    /// The name that others see.
    pub display_name: &'static str,
    role: RoleId,
}

/// The demo accounts: one that governs, one that works, one that looks.
pub const DEMO_ACCOUNTS: [DemoAccount; 3] = [
    DemoAccount { email: "admin@demo.cloudphone.local", display_name: "Demo Admin", role: TENANT_ADMIN },
    DemoAccount { email: "operator@demo.cloudphone.local", display_name: "Demo Operator", role: OPERATOR },
    DemoAccount { email: "viewer@demo.cloudphone.local", display_name: "Demo Viewer", role: AUDITOR },
];

/// The demo organisation as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoOrganisation {
    /// The organisation.
    pub tenant_id: TenantId,
    /// Those demo accounts that still exist, in the order of [`DEMO_ACCOUNTS`].
    pub user_ids: Vec<UserId>,
}

/// Makes the demo organisation with its accounts unless it exists.
pub(crate) async fn seed_demo(domain: &IdentityDomain) -> Result<DemoOrganisation, IdentityError> {
    let (first, others) = DEMO_ACCOUNTS.split_first().expect("there are demo accounts");
    let as_input = |account: &DemoAccount| CreateUser {
        email: account.email.to_owned(),
        display_name: account.display_name.to_owned(),
        password: DEMO_PASSWORD.to_owned(),
        role_ids: vec![account.role],
    };
    let others: Vec<_> = others.iter().map(as_input).collect();
    let tenant_id = seed(domain, ("Demo", DEMO_SLUG), &as_input(first), &others).await?;
    let user_ids = domain
        .database
        .system_transaction(async |connection| {
            let mut ids = Vec::with_capacity(DEMO_ACCOUNTS.len());
            for account in &DEMO_ACCOUNTS {
                let known =
                    users::credentials_by_email(connection, account.email).await.map_err(DatabaseError::from)?;
                ids.extend(known.map(|credentials| credentials.user.id));
            }
            Ok::<_, IdentityError>(ids)
        })
        .await?;
    Ok(DemoOrganisation { tenant_id, user_ids })
}

/// Makes the operators' organisation with its first super administrator unless it exists, and answers its id.
pub(crate) async fn seed_platform(
    domain: &IdentityDomain,
    email: &str,
    password: &str,
) -> Result<TenantId, IdentityError> {
    let admin = CreateUser {
        email: email.to_owned(),
        display_name: "Platform Operator".to_owned(),
        password: password.to_owned(),
        role_ids: vec![SUPER_ADMIN],
    };
    let mut validation = Validation::new();
    let admin = admin.checked(domain, ["email", "displayName", "password"], &mut validation);
    validation.finish()?;
    seed(domain, ("Platform", PLATFORM_SLUG), &admin, &[]).await
}

async fn seed(
    domain: &IdentityDomain,
    (name, slug): (&str, &str),
    first: &CreateUser,
    others: &[CreateUser],
) -> Result<TenantId, IdentityError> {
    let existing = domain
        .database
        .system_transaction(async |connection| Ok::<_, IdentityError>(tenants::find_by_slug(connection, slug).await?))
        .await?;
    if let Some(tenant) = existing {
        return Ok(tenant.id);
    }
    let first_hash = domain.passwords.hash(&first.password).await?;
    let mut hashed = Vec::with_capacity(others.len());
    for account in others {
        hashed.push((account, domain.passwords.hash(&account.password).await?));
    }
    let tenant = new(TenantId::new(), name, slug, domain.now());
    let caller = Caller::service("identity", tenant.id);
    domain
        .database
        .system_transaction(async |connection| {
            found(connection, &tenant, first, &first_hash, &caller).await?;
            for (account, hash) in &hashed {
                let user = insert(connection, tenant.id, account, hash, domain.now()).await?;
                outbox::append(connection, &caller, &UserCreated::of(&user)).await?;
            }
            Ok(tenant.id)
        })
        .await
}
