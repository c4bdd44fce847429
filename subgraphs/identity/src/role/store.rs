//! The SQL of roles and of who holds them.

use chrono::{DateTime, Utc};
use cloudphone_core::{PermissionSet, RoleId, TenantId, UserId};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::catalogue::BuiltInRole;
use super::model::{Role, permission_set};
use crate::schema::{roles, user_roles, users};

/// All roles of a tenant and the built-in ones, by name.
pub async fn list(connection: &mut AsyncPgConnection, tenant: TenantId) -> QueryResult<Vec<Role>> {
    roles::table
        .filter(roles::tenant_id.eq(tenant).or(roles::tenant_id.is_null()))
        .order((roles::tenant_id.is_null().desc(), roles::name))
        .select(Role::as_select())
        .load(connection)
        .await
}

/// Those of the roles that the tenant may use.
pub async fn find_many(connection: &mut AsyncPgConnection, tenant: TenantId, ids: &[RoleId]) -> QueryResult<Vec<Role>> {
    roles::table
        .filter(roles::id.eq_any(ids).and(roles::tenant_id.eq(tenant).or(roles::tenant_id.is_null())))
        .select(Role::as_select())
        .load(connection)
        .await
}

/// Adds a role.
pub async fn insert(connection: &mut AsyncPgConnection, role: &Role) -> QueryResult<()> {
    diesel::insert_into(roles::table).values(role).execute(connection).await?;
    Ok(())
}

/// Writes what can change of a role.
pub async fn update(connection: &mut AsyncPgConnection, role: &Role) -> QueryResult<()> {
    diesel::update(roles::table.filter(roles::id.eq(role.id).and(roles::tenant_id.eq(role.tenant_id))))
        .set((
            roles::name.eq(&role.name),
            roles::description.eq(&role.description),
            roles::permissions.eq(&role.permissions),
            roles::updated_at.eq(role.updated_at),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes a role that nobody holds.
pub async fn delete(connection: &mut AsyncPgConnection, role: &Role) -> QueryResult<()> {
    diesel::delete(roles::table.filter(roles::id.eq(role.id).and(roles::tenant_id.eq(role.tenant_id))))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes a built-in role as this version of the platform defines it.
pub async fn write_built_in(
    connection: &mut AsyncPgConnection,
    role: &BuiltInRole,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let values = (
        roles::name.eq(role.name),
        roles::description.eq(role.description),
        roles::permissions.eq((role.permissions)()),
        roles::updated_at.eq(now),
    );
    diesel::insert_into(roles::table)
        .values((roles::id.eq(role.id), roles::created_at.eq(now), values.clone()))
        .on_conflict(roles::id)
        .do_update()
        .set(values)
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives a user exactly these roles.
pub async fn replace_of_user(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
    user: UserId,
    role_ids: &[RoleId],
) -> QueryResult<()> {
    diesel::delete(user_roles::table.filter(user_roles::tenant_id.eq(tenant).and(user_roles::user_id.eq(user))))
        .execute(connection)
        .await?;
    let rows: Vec<_> = role_ids
        .iter()
        .map(|role| (user_roles::user_id.eq(user), user_roles::role_id.eq(*role), user_roles::tenant_id.eq(tenant)))
        .collect();
    diesel::insert_into(user_roles::table).values(rows).on_conflict_do_nothing().execute(connection).await?;
    Ok(())
}

/// The roles of several users at once.
pub async fn of_users(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
    users: &[UserId],
) -> QueryResult<Vec<(UserId, Role)>> {
    user_roles::table
        .inner_join(roles::table)
        .filter(user_roles::tenant_id.eq(tenant).and(user_roles::user_id.eq_any(users)))
        .order(roles::name)
        .select((user_roles::user_id, Role::as_select()))
        .load(connection)
        .await
}

/// What a user may do by all roles together.
pub async fn permissions_of(connection: &mut AsyncPgConnection, user: UserId) -> QueryResult<PermissionSet> {
    let names: Vec<Vec<String>> = user_roles::table
        .inner_join(roles::table)
        .filter(user_roles::user_id.eq(user))
        .select(roles::permissions)
        .load(connection)
        .await?;
    Ok(permission_set(names.iter().flatten()))
}

/// The roles with a say in accounts or roles that active people of the tenant hold.
pub async fn governing(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
) -> QueryResult<Vec<(UserId, Vec<String>)>> {
    let say = vec!["*:*", "user:*", "role:*", "user:create", "user:update", "role:write"];
    user_roles::table
        .inner_join(roles::table)
        .inner_join(users::table)
        .filter(user_roles::tenant_id.eq(tenant))
        .filter(users::deactivated_at.is_null().and(users::deleted_at.is_null()))
        .filter(roles::permissions.overlaps_with(say))
        .select((user_roles::user_id, roles::permissions))
        .load(connection)
        .await
}
