//! What operators of the platform change of organisations.

use async_graphql::{Context, ID, InputObject, Object, Result};
use cloudphone_graphql::{caller, parse_id};

use super::super::domain;
use super::super::tenant::TenantNode;
use super::{payload, settled};
use crate::tenant::{create, suspend, update};

/// An organisation to be made, with its first administrator.
#[derive(InputObject)]
pub struct CreateTenantInput {
    /// The name that people see.
    name: String,
    /// The short name: 2 to 50 lower-case letters, digits and hyphens.
    slug: String,
    /// The first administrator's address.
    admin_email: String,
    /// The first administrator's password.
    #[graphql(secret)]
    admin_password: String,
    /// The first administrator's name.
    admin_display_name: String,
}

/// A change of an organisation; what is absent stays.
#[derive(InputObject)]
pub struct UpdateTenantInput {
    /// The organisation.
    id: ID,
    /// The new name.
    name: Option<String>,
    /// The new short name.
    slug: Option<String>,
}

/// Which organisation to suspend.
#[derive(InputObject)]
pub struct SuspendTenantInput {
    /// The organisation.
    id: ID,
}

/// Which organisation to resume.
#[derive(InputObject)]
pub struct ResumeTenantInput {
    /// The organisation.
    id: ID,
}

payload! {
    /// The answer to `createTenant`.
    CreateTenantPayload {
        /// The new organisation; absent when refused.
        tenant: TenantNode,
    }
}

payload! {
    /// The answer to `updateTenant`.
    UpdateTenantPayload {
        /// The changed organisation; absent when refused.
        tenant: TenantNode,
    }
}

payload! {
    /// The answer to `suspendTenant`.
    SuspendTenantPayload {
        /// The suspended organisation; absent when refused.
        tenant: TenantNode,
    }
}

payload! {
    /// The answer to `resumeTenant`.
    ResumeTenantPayload {
        /// The resumed organisation; absent when refused.
        tenant: TenantNode,
    }
}

/// Mutations of organisations.
#[derive(Default)]
pub struct TenantMutation;

#[Object]
impl TenantMutation {
    /// Creates an organisation with its first administrator; for operators of the platform. Codes: `SLUG_TAKEN`,
    /// `EMAIL_TAKEN`, and those of fields.
    async fn create_tenant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The organisation to be made.")] input: CreateTenantInput,
    ) -> Result<CreateTenantPayload> {
        let caller = caller(context)?;
        let result = async {
            let input = create::CreateTenant {
                name: input.name,
                slug: input.slug,
                admin_email: input.admin_email,
                admin_password: input.admin_password,
                admin_display_name: input.admin_display_name,
            };
            create::create_tenant(domain(context), caller, input).await
        };
        Ok(match settled(context, result.await)? {
            Ok(tenant) => CreateTenantPayload { tenant: Some(TenantNode(tenant)), ..CreateTenantPayload::default() },
            Err(errors) => CreateTenantPayload::refused(errors),
        })
    }

    /// Changes an organisation's names; for operators of the platform. Codes: `NOT_FOUND`, `SLUG_TAKEN`, and those of fields.
    async fn update_tenant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateTenantInput,
    ) -> Result<UpdateTenantPayload> {
        let caller = caller(context)?;
        let result = async {
            let UpdateTenantInput { id, name, slug } = input;
            let id = parse_id(&id, "tenant")?;
            update::update_tenant(domain(context), caller, update::UpdateTenant { id, name, slug }).await
        };
        Ok(match settled(context, result.await)? {
            Ok(tenant) => UpdateTenantPayload { tenant: Some(TenantNode(tenant)), ..UpdateTenantPayload::default() },
            Err(errors) => UpdateTenantPayload::refused(errors),
        })
    }

    /// Suspends an organisation, which shuts its people out at once; for operators of the platform. Codes: `NOT_FOUND`,
    /// `OWN_ORGANISATION`.
    async fn suspend_tenant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which organisation to suspend.")] input: SuspendTenantInput,
    ) -> Result<SuspendTenantPayload> {
        let caller = caller(context)?;
        let result = async { suspend::suspend_tenant(domain(context), caller, parse_id(&input.id, "tenant")?).await };
        Ok(match settled(context, result.await)? {
            Ok(tenant) => SuspendTenantPayload { tenant: Some(TenantNode(tenant)), ..SuspendTenantPayload::default() },
            Err(errors) => SuspendTenantPayload::refused(errors),
        })
    }

    /// Resumes a suspended organisation; for operators of the platform. Code: `NOT_FOUND`.
    async fn resume_tenant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which organisation to resume.")] input: ResumeTenantInput,
    ) -> Result<ResumeTenantPayload> {
        let caller = caller(context)?;
        let result = async { suspend::resume_tenant(domain(context), caller, parse_id(&input.id, "tenant")?).await };
        Ok(match settled(context, result.await)? {
            Ok(tenant) => ResumeTenantPayload { tenant: Some(TenantNode(tenant)), ..ResumeTenantPayload::default() },
            Err(errors) => ResumeTenantPayload::refused(errors),
        })
    }
}
