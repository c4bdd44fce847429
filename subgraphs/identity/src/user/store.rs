//! The SQL of users.

use chrono::{DateTime, Utc};
use cloudphone_core::{Cursor, PageRequest, TenantId, UserId};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{Guard, User, UserStatus};
use crate::error::IdentityError;
use crate::schema::{user_roles, users};

/// A user to be written.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub struct NewUser<'a> {
    /// The account's id.
    pub id: UserId,
    /// The organisation.
    pub tenant_id: TenantId,
    /// The address in its normal form.
    pub email: &'a str,
    /// The name that others see.
    pub display_name: &'a str,
    /// The argon2id hash.
    pub password_hash: &'a str,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// Now.
    pub updated_at: DateTime<Utc>,
}

/// What sign-in needs to know of an account.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct Credentials {
    /// The account.
    #[diesel(embed)]
    pub user: User,
    /// The argon2id hash.
    pub password_hash: String,
    failed_logins: i32,
}

impl Credentials {
    /// How often somebody has failed to sign in.
    pub fn guard(&self) -> Guard {
        let failures = u32::try_from(self.failed_logins).unwrap_or(0);
        Guard { failures, locked_until: self.user.locked_until }
    }
}

/// The account of an address, on the whole platform.
pub async fn credentials_by_email(connection: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<Credentials>> {
    users::table
        .filter(users::email.eq(email).and(users::deleted_at.is_null()))
        .select(Credentials::as_select())
        .first(connection)
        .await
        .optional()
}

/// An account with its hash, kept from changing until the transaction ends.
pub async fn lock_credentials(connection: &mut AsyncPgConnection, id: UserId) -> QueryResult<Option<Credentials>> {
    users::table
        .filter(users::id.eq(id).and(users::deleted_at.is_null()))
        .select(Credentials::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()
}

/// Adds a user.
pub async fn insert(connection: &mut AsyncPgConnection, user: &NewUser<'_>) -> QueryResult<User> {
    diesel::insert_into(users::table).values(user).returning(User::as_returning()).get_result(connection).await
}

/// Users of a tenant by their ids, in no order; absent ones are left out.
pub async fn find_many(connection: &mut AsyncPgConnection, tenant: TenantId, ids: &[UserId]) -> QueryResult<Vec<User>> {
    users::table
        .filter(users::tenant_id.eq(tenant).and(users::id.eq_any(ids)).and(users::deleted_at.is_null()))
        .select(User::as_select())
        .load(connection)
        .await
}

/// A user of a tenant, kept from changing until the transaction ends.
pub async fn lock(connection: &mut AsyncPgConnection, tenant: TenantId, id: UserId) -> QueryResult<Option<User>> {
    users::table
        .filter(users::tenant_id.eq(tenant).and(users::id.eq(id)).and(users::deleted_at.is_null()))
        .select(User::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()
}

/// Writes what can change of a user besides the password.
pub async fn update(connection: &mut AsyncPgConnection, user: &User, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(users::table.filter(users::tenant_id.eq(user.tenant_id).and(users::id.eq(user.id))))
        .set((
            users::display_name.eq(&user.display_name),
            users::deactivated_at.eq(user.deactivated_at),
            users::updated_at.eq(now),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces the password's hash.
pub async fn set_password_hash(
    connection: &mut AsyncPgConnection,
    id: UserId,
    hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set((users::password_hash.eq(hash), users::updated_at.eq(now)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes the guard after an attempt to sign in.
pub async fn set_guard(connection: &mut AsyncPgConnection, id: UserId, guard: Guard) -> QueryResult<()> {
    let failures = i32::try_from(guard.failures).unwrap_or(i32::MAX);
    diesel::update(users::table.find(id))
        .set((users::failed_logins.eq(failures), users::locked_until.eq(guard.locked_until)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes a successful sign-in.
pub async fn set_last_login(connection: &mut AsyncPgConnection, id: UserId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(users::table.find(id)).set(users::last_login_at.eq(now)).execute(connection).await?;
    Ok(())
}

/// Marks a user as deleted; the row stays so that the audit log can name it.
pub async fn delete(connection: &mut AsyncPgConnection, user: &User, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(users::table.filter(users::tenant_id.eq(user.tenant_id).and(users::id.eq(user.id))))
        .set((users::deleted_at.eq(now), users::updated_at.eq(now)))
        .execute(connection)
        .await?;
    // Roles that nobody else holds can be deleted from now on.
    diesel::delete(user_roles::table.filter(user_roles::user_id.eq(user.id))).execute(connection).await?;
    Ok(())
}

/// Which users a list shows.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Part of the address or the name.
    pub search: Option<String>,
    /// Status at the moment of asking.
    pub status: Option<UserStatus>,
}

/// The sort key of a list of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// Oldest account first.
    #[default]
    CreatedAt,
    /// By the name that others see.
    DisplayName,
    /// By address.
    Email,
}

fn filtered<'a>(tenant: TenantId, filter: &UserFilter, now: DateTime<Utc>) -> users::BoxedQuery<'a, Pg> {
    let mut query = users::table.filter(users::tenant_id.eq(tenant).and(users::deleted_at.is_null())).into_boxed();
    if let Some(text) = &filter.search {
        let pattern = containing(text);
        query = query.filter(users::email.ilike(pattern.clone()).or(users::display_name.ilike(pattern)));
    }
    let unlocked = || users::locked_until.is_null().or(users::locked_until.le(now).assume_not_null());
    match filter.status {
        Some(UserStatus::Active) => query.filter(users::deactivated_at.is_null().and(unlocked())),
        Some(UserStatus::Deactivated) => query.filter(users::deactivated_at.is_not_null()),
        Some(UserStatus::Locked) => {
            query.filter(users::deactivated_at.is_null().and(users::locked_until.gt(now).assume_not_null()))
        }
        None => query,
    }
}

/// A pattern for texts that contain the searched one literally.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.trim().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Up to `first + 1` users after the cursor, and how many there are in all.
pub async fn list(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
    filter: &UserFilter,
    (order, descending): (UserOrder, bool),
    page: &PageRequest,
    now: DateTime<Utc>,
) -> Result<(Vec<User>, i64), IdentityError> {
    macro_rules! sorted {
        ($query:expr, $column:expr, $key:ty) => {{
            let mut query = $query;
            if let Some(after) = page.after.as_deref().map(Cursor::<$key>::decode).transpose()? {
                let id = UserId(after.id);
                query = if descending {
                    query.filter($column.lt(after.key.clone()).or($column.eq(after.key).and(users::id.lt(id))))
                } else {
                    query.filter($column.gt(after.key.clone()).or($column.eq(after.key).and(users::id.gt(id))))
                };
            }
            if descending { query.order(($column.desc(), users::id.desc())) } else { query.order(($column, users::id)) }
        }};
    }
    let query = filtered(tenant, filter, now);
    let query = match order {
        UserOrder::CreatedAt => sorted!(query, users::created_at, DateTime<Utc>),
        UserOrder::DisplayName => sorted!(query, users::display_name, String),
        UserOrder::Email => sorted!(query, users::email, String),
    };
    let rows = query.limit(limit(page)).select(User::as_select()).load(connection).await?;
    let total = filtered(tenant, filter, now).count().get_result(connection).await?;
    Ok((rows, total))
}

/// One row more than the page holds, which tells whether another page follows.
pub(crate) fn limit(page: &PageRequest) -> i64 {
    i64::try_from(page.first).unwrap_or(i64::MAX - 1) + 1
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_of_a_search_are_taken_literally() {
        assert_eq!(containing(" 50%_\\ "), "%50\\%\\_\\\\%");
    }
}
