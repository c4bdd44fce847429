//! The queries.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use cloudphone_core::{PageRequest, TenantId, UserId};
use cloudphone_graphql::{Connection, answer, caller, connection, origin, parse_id, to_graphql_error};

use super::api_key::ApiKeyNode;
use super::audit_entry::{AuditEntryNode, AuditLogFilter};
use super::domain;
use super::role::{PermissionDescription, RoleNode, all_permissions};
use super::session::SessionNode;
use super::tenant::TenantNode;
use super::user::{self, UserNode, UserOrderInput, UserStatus};
use crate::api_key::list::list_api_keys;
use crate::audit::list::list_entries;
use crate::error::IdentityError;
use crate::role::catalogue::{self, needs};
use crate::role::list::list_roles;
use crate::session::list::list_sessions;
use crate::tenant::list::{find_tenants, list_tenants, own_tenant};
use crate::user::list::list_users;
use crate::user::store::{UserFilter, UserOrder};

/// The signed-in caller, as the console needs to know it.
#[derive(SimpleObject)]
pub struct Viewer {
    /// The person.
    user: UserNode,
    /// The person's organisation.
    tenant: TenantNode,
    /// Everything that the caller may do, without wildcards.
    permissions: Vec<&'static str>,
    /// The session that asks; absent for API keys.
    session: Option<SessionNode>,
}

/// The queries of identity.
pub struct Query;

#[Object]
impl Query {
    /// Who is signed in. Absent when nobody is.
    async fn me(&self, context: &Context<'_>) -> Result<Option<Viewer>> {
        let Ok(caller) = caller(context) else { return Ok(None) };
        let Some(id) = caller.user_id() else { return Ok(None) };
        let Some(user) = user::load(context, caller, id).await? else { return Ok(None) };
        let tenant = answer(context, own_tenant(domain(context), caller).await)?;
        let sessions = answer(context, list_sessions(domain(context), caller).await)?;
        let current = caller.session_id();
        let session = sessions.into_iter().find(|session| Some(session.id) == current);
        Ok(Some(Viewer {
            user,
            tenant: TenantNode(tenant),
            permissions: catalogue::held(&caller.permissions),
            session: session.map(|session| SessionNode::new(session, current)),
        }))
    }

    /// A user of the caller's organisation. Absent when there is none with this id.
    async fn user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ID,
    ) -> Result<Option<UserNode>> {
        let caller = caller(context)?;
        answer(context, caller.require(&needs::USER_READ))?;
        match parse_id(&id, "user") {
            Ok(id) => user::load(context, caller, id).await,
            Err(_) => Ok(None),
        }
    }

    /// The users of the caller's organisation.
    #[allow(clippy::too_many_arguments, reason = "each is an argument of the graph's field")]
    async fn users(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Part of the name or the address.")] search: Option<String>,
        #[graphql(desc = "Only users of this status.")] status: Option<UserStatus>,
        #[graphql(desc = "How to sort; oldest account first unless told.")] order_by: Option<UserOrderInput>,
    ) -> Result<Option<Connection<UserNode>>> {
        let caller = caller(context)?;
        let page = answer(context, PageRequest::new(first, after))?;
        let search = search.filter(|text| !text.trim().is_empty());
        let filter = UserFilter { search, status: status.map(Into::into) };
        let order = order_by
            .map_or((UserOrder::default(), false), |order| (order.field.into(), order.direction.is_descending()));
        let users = answer(context, list_users(domain(context), caller, &filter, order, &page).await)?;
        Ok(Some(connection(users, page.after.is_some(), |user| UserNode::seen_by(caller, user))))
    }

    /// The roles that the caller's organisation can use, built-in ones first.
    async fn roles(&self, context: &Context<'_>) -> Result<Option<Vec<RoleNode>>> {
        let roles = answer(context, list_roles(domain(context), caller(context)?).await)?;
        Ok(Some(roles.into_iter().map(RoleNode).collect()))
    }

    /// Every permission of the platform with what it allows.
    #[allow(clippy::unused_async, reason = "the macro of the graph asks for async resolvers")]
    async fn permissions(&self, context: &Context<'_>) -> Result<Option<Vec<PermissionDescription>>> {
        caller(context)?;
        Ok(Some(all_permissions()))
    }

    /// Where the caller is signed in, last used first.
    async fn sessions(&self, context: &Context<'_>) -> Result<Option<Vec<SessionNode>>> {
        let caller = caller(context)?;
        let sessions = answer(context, list_sessions(domain(context), caller).await)?;
        Ok(Some(sessions.into_iter().map(|session| SessionNode::new(session, caller.session_id())).collect()))
    }

    /// The caller's API keys, newest first, revoked ones included.
    async fn api_keys(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
    ) -> Result<Option<Connection<ApiKeyNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let keys = answer(context, list_api_keys(domain(context), caller(context)?, &page).await)?;
        Ok(Some(connection(keys, page.after.is_some(), ApiKeyNode)))
    }

    /// What was done in the caller's organisation, newest first.
    async fn audit_log(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Which entries; all unless told.")] filter: Option<AuditLogFilter>,
    ) -> Result<Option<Connection<AuditEntryNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let filter = answer(context, filter.unwrap_or_default().try_into())?;
        let entries = answer(context, list_entries(domain(context), caller(context)?, &filter, &page).await)?;
        Ok(Some(connection(entries, page.after.is_some(), AuditEntryNode)))
    }

    /// The caller's organisation.
    async fn tenant(&self, context: &Context<'_>) -> Result<Option<TenantNode>> {
        let caller = caller(context)?;
        answer(context, caller.require(&needs::TENANT_READ))?;
        Ok(Some(TenantNode(answer(context, own_tenant(domain(context), caller).await)?)))
    }

    /// All organisations of the platform, by short name; for its operators.
    async fn tenants(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, 1 to 200; 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor to continue after.")] after: Option<String>,
        #[graphql(desc = "Part of the name or the short name.")] search: Option<String>,
    ) -> Result<Option<Connection<TenantNode>>> {
        let page = answer(context, PageRequest::new(first, after))?;
        let caller = caller(context)?;
        let tenants = answer(context, list_tenants(domain(context), caller, search.as_deref(), &page).await)?;
        Ok(Some(connection(tenants, page.after.is_some(), TenantNode)))
    }

    /// A user as other subgraphs refer to them. Absent when the caller's organisation has none with this id.
    #[graphql(entity)]
    async fn find_user_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<UserNode>> {
        let caller = caller(context)?;
        match parse_id::<UserId>(&id, "user") {
            Ok(id) => user::load(context, caller, id).await,
            Err(_) => Ok(None),
        }
    }

    /// An organisation as other subgraphs refer to it. Absent unless it is the caller's own, or the caller is an operator.
    #[graphql(entity)]
    async fn find_tenant_by_id(&self, context: &Context<'_>, id: ID) -> Result<Option<TenantNode>> {
        let caller = caller(context)?;
        let Ok(id) = parse_id::<TenantId>(&id, "tenant") else { return Ok(None) };
        let found = find_tenants(domain(context), caller, &[id]).await;
        let mut found = found.map_err(|error: IdentityError| to_graphql_error(&error, origin(context)))?;
        Ok(found.remove(&id).map(TenantNode))
    }
}
