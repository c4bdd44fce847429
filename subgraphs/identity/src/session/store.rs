//! The SQL of sessions and refresh tokens.

use chrono::{DateTime, Utc};
use cloudphone_core::{SessionId, TenantId, UserId};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::model::{RefreshToken, RevokeReason, Session};
use crate::schema::{refresh_tokens, sessions, tenants, users};

/// Adds a session.
pub async fn insert(connection: &mut AsyncPgConnection, session: &Session) -> QueryResult<()> {
    diesel::insert_into(sessions::table).values(session).execute(connection).await?;
    Ok(())
}

/// Adds a refresh token.
pub async fn insert_refresh_token(connection: &mut AsyncPgConnection, token: &RefreshToken) -> QueryResult<()> {
    diesel::insert_into(refresh_tokens::table).values(token).execute(connection).await?;
    Ok(())
}

/// A refresh token with its session; the session is kept from changing, so that a family is judged one token at a time.
pub async fn lock_family(
    connection: &mut AsyncPgConnection,
    token_hash: &[u8],
) -> QueryResult<Option<(RefreshToken, Session)>> {
    let family: Option<SessionId> = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(token_hash))
        .select(refresh_tokens::session_id)
        .first(connection)
        .await
        .optional()?;
    let Some(family) = family else { return Ok(None) };
    let session = sessions::table.find(family).select(Session::as_select()).for_update().first(connection).await?;
    // Read after the lock: whoever held it may have spent the token.
    let token = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(token_hash))
        .select(RefreshToken::as_select())
        .first(connection)
        .await?;
    Ok(Some((token, session)))
}

/// Marks a refresh token as spent.
pub async fn spend(connection: &mut AsyncPgConnection, token: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(token)).set(refresh_tokens::used_at.eq(now)).execute(connection).await?;
    Ok(())
}

/// Notes that a session was used.
pub async fn touch(connection: &mut AsyncPgConnection, id: SessionId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(sessions::table.find(id)).set(sessions::last_used_at.eq(now)).execute(connection).await?;
    Ok(())
}

/// A session whose user and organisation are open.
pub async fn find_open(connection: &mut AsyncPgConnection, id: SessionId) -> QueryResult<Option<Session>> {
    sessions::table
        .inner_join(users::table.inner_join(tenants::table))
        .filter(sessions::id.eq(id).and(users::deactivated_at.is_null()).and(users::deleted_at.is_null()))
        .filter(tenants::suspended_at.is_null())
        .select(Session::as_select())
        .first(connection)
        .await
        .optional()
}

/// A user's sessions that have not been ended, last used first; the idle limit is the caller's to apply.
pub async fn list_unrevoked(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Session>> {
    sessions::table
        .filter(sessions::tenant_id.eq(tenant).and(sessions::user_id.eq(user)))
        .filter(sessions::revoked_at.is_null().and(sessions::expires_at.gt(now)))
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .select(Session::as_select())
        .load(connection)
        .await
}

/// Ends one session of a user; whether there was one to end.
pub async fn revoke(
    connection: &mut AsyncPgConnection,
    user: UserId,
    id: SessionId,
    reason: RevokeReason,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open = sessions::id.eq(id).and(sessions::user_id.eq(user)).and(sessions::revoked_at.is_null());
    let ended = diesel::update(sessions::table.filter(open))
        .set((sessions::revoked_at.eq(now), sessions::revoke_reason.eq(reason.as_str())))
        .execute(connection)
        .await?;
    Ok(ended > 0)
}

/// Ends all sessions of a user but one, and tells which.
pub async fn revoke_all(
    connection: &mut AsyncPgConnection,
    user: UserId,
    except: Option<SessionId>,
    reason: RevokeReason,
    now: DateTime<Utc>,
) -> QueryResult<Vec<SessionId>> {
    let kept = except.unwrap_or(SessionId(Uuid::nil()));
    let open = sessions::user_id.eq(user).and(sessions::id.ne(kept)).and(sessions::revoked_at.is_null());
    diesel::update(sessions::table.filter(open))
        .set((sessions::revoked_at.eq(now), sessions::revoke_reason.eq(reason.as_str())))
        .returning(sessions::id)
        .get_results(connection)
        .await
}

/// Whether the user has signed in before, but never from this address with this client.
pub async fn is_new_client(connection: &mut AsyncPgConnection, session: &Session) -> QueryResult<bool> {
    let of_user = || sessions::table.filter(sessions::user_id.eq(session.user_id));
    let same_address = sessions::address.is_not_distinct_from(session.address.as_deref());
    let same_client = sessions::user_agent.is_not_distinct_from(session.user_agent.as_deref());
    let (any, known) = diesel::select((exists(of_user()), exists(of_user().filter(same_address.and(same_client)))))
        .get_result::<(bool, bool)>(connection)
        .await?;
    Ok(any && !known)
}

/// Forgets sessions that ended before a moment, with their tokens.
pub async fn delete_ended_before(connection: &mut AsyncPgConnection, moment: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(moment))).execute(connection).await
}
