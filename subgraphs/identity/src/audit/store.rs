//! The SQL of the audit log.

use chrono::{DateTime, Utc};
use cloudphone_core::{Cursor, EventId, PageRequest, TenantId};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::model::{AuditFilter, Entry};
use crate::error::IdentityError;
use crate::schema::audit_entries;
use crate::user::store::limit;

/// Adds an entry unless it is there already.
pub async fn insert(connection: &mut AsyncPgConnection, entry: &Entry) -> QueryResult<()> {
    diesel::insert_into(audit_entries::table).values(entry).on_conflict_do_nothing().execute(connection).await?;
    Ok(())
}

fn filtered<'a>(tenant: TenantId, filter: &AuditFilter) -> audit_entries::BoxedQuery<'a, Pg> {
    let mut query = audit_entries::table.filter(audit_entries::tenant_id.eq(tenant)).into_boxed();
    match filter.action.as_deref().map(|action| (action, action.strip_suffix(".*"))) {
        Some((_, Some(group))) => {
            query = query.filter(audit_entries::action.like(format!("{}.%", group.replace(['%', '_', '\\'], ""))));
        }
        Some((action, None)) => query = query.filter(audit_entries::action.eq(action.to_owned())),
        None => {}
    }
    if let Some(actor) = filter.actor_id {
        query = query.filter(audit_entries::actor_id.eq(actor));
    }
    if let Some(target) = filter.target_type.clone() {
        query = query.filter(audit_entries::target_type.eq(target));
    }
    if let Some(target) = filter.target_id {
        query = query.filter(audit_entries::target_id.eq(target));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_entries::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(audit_entries::at.lt(to));
    }
    query
}

/// Up to `first + 1` entries after the cursor, newest first, and how many there are in all.
pub async fn list(
    connection: &mut AsyncPgConnection,
    tenant: TenantId,
    filter: &AuditFilter,
    page: &PageRequest,
) -> Result<(Vec<Entry>, i64), IdentityError> {
    let mut query = filtered(tenant, filter);
    if let Some(after) = page.after.as_deref().map(Cursor::<DateTime<Utc>>::decode).transpose()? {
        let same = audit_entries::at.eq(after.key).and(audit_entries::id.lt(EventId(after.id)));
        query = query.filter(audit_entries::at.lt(after.key).or(same));
    }
    let rows = query
        .order((audit_entries::at.desc(), audit_entries::id.desc()))
        .limit(limit(page))
        .select(Entry::as_select())
        .load(connection)
        .await?;
    let total = filtered(tenant, filter).count().get_result(connection).await?;
    Ok((rows, total))
}
