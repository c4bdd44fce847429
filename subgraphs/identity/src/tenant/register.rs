//! Lets anybody open an organisation of their own, and signs them in.

use cloudphone_core::{Caller, Origin, TenantId, Validation};

use super::create::{found, new, note, shown};
use super::model::{check_name, slug_for};
use crate::domain::IdentityDomain;
use crate::error::IdentityError;
use crate::graphql::NAME;
use crate::role::catalogue::TENANT_ADMIN;
use crate::session::open::{AuthenticatedSession, authenticated, caller_of, open};
use crate::user::create::CreateUser;

/// An organisation that its founder opens.
#[derive(Clone)]
pub struct Register {
    /// The founder's address.
    pub email: String,
    /// The founder's password.
    pub password: String,
    /// The founder's name.
    pub display_name: String,
    /// The organisation's name.
    pub organisation_name: String,
}

/// Opens an organisation with its founder as administrator, and a session for the founder.
pub async fn register(
    domain: &IdentityDomain,
    origin: &Origin,
    input: Register,
) -> Result<AuthenticatedSession, IdentityError> {
    if !domain.settings.registration_open {
        return Err(IdentityError::RegistrationClosed);
    }
    let mut validation = Validation::new();
    check_name(&input.organisation_name, "organisationName", &mut validation);
    let founder = CreateUser {
        email: input.email,
        display_name: input.display_name,
        password: input.password,
        role_ids: vec![TENANT_ADMIN],
    };
    let founder = founder.checked(domain, ["email", "displayName", "password"], &mut validation);
    validation.finish()?;
    let hash = domain.passwords.hash(&founder.password).await?;
    let id = TenantId::new();
    let tenant = new(id, &input.organisation_name, &slug_for(&input.organisation_name, id), domain.now());
    // Until the founder has an account, the platform acts for them.
    let platform = Caller { origin: origin.clone(), ..Caller::service(NAME, id) };
    let opened = domain
        .database
        .system_transaction(async |connection| {
            let user = found(connection, &tenant, &founder, &hash, &platform).await?;
            let opened = open(connection, domain, &user, origin).await?;
            let caller = caller_of(&user, opened.session.id, origin);
            note(connection, &caller, "tenant.register", &tenant, None, Some(shown(&tenant))).await?;
            Ok::<_, IdentityError>(opened)
        })
        .await?;
    authenticated(domain, opened)
}
