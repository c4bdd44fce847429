//! Removes objects that nothing refers to any more, however often storage is away meanwhile.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::TenantId;
use cloudphone_database::AsyncPgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::context::{AppsContext, wake_after_commit};
use crate::error::AppsError;
use crate::schema::object_removals as removals;
use crate::storage::StorageError;

/// How often removals are looked at when nothing wakes.
const POLL: Duration = Duration::from_secs(10);
/// Removals taken at once.
const BATCH: i64 = 20;
/// How long nobody else takes a removal that was taken.
const LEASE: TimeDelta = TimeDelta::minutes(5);

#[derive(Clone, Debug, Insertable, Queryable, QueryableByName)]
#[diesel(table_name = removals, check_for_backend(diesel::pg::Pg))]
struct Removal {
    id: Uuid,
    tenant_id: TenantId,
    object_key: String,
    multipart_id: Option<String>,
    attempts: i32,
    due_at: DateTime<Utc>,
}

/// Notes within the transaction that lets go of an object that it is to be removed.
pub async fn let_go(
    context: &Arc<AppsContext>,
    conn: &mut AsyncPgConnection,
    tenant_id: TenantId,
    object_key: &str,
    multipart_id: Option<&str>,
) -> QueryResult<()> {
    let removal = Removal {
        id: Uuid::now_v7(),
        tenant_id,
        object_key: object_key.to_owned(),
        multipart_id: multipart_id.map(str::to_owned),
        attempts: 0,
        due_at: context.now(),
    };
    diesel::insert_into(removals::table).values(&removal).execute(conn).await?;
    wake_after_commit(context, |signals| &signals.removal);
    Ok(())
}

/// Removes what is noted until told to stop.
pub async fn run(context: Arc<AppsContext>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let idle = match stop.run_until_cancelled(remove_due(&context)).await {
            Some(Ok(removed)) => removed == 0,
            Some(Err(error)) => {
                tracing::warn!(%error, "objects could not be removed; trying again");
                true
            }
            None => return,
        };
        if idle {
            let wake = async {
                let _ = tokio::time::timeout(POLL, context.signals.removal.notified()).await;
            };
            stop.run_until_cancelled(wake).await;
        }
    }
}

/// Removes what is due; answers how many objects were taken on.
pub async fn remove_due(context: &AppsContext) -> Result<usize, AppsError> {
    let now = context.now();
    let taken: Vec<Removal> = context
        .database
        .system_transaction(async |conn| {
            let rows = diesel::sql_query(
                "UPDATE object_removals SET due_at = $2, attempts = attempts + 1 WHERE id IN (
                     SELECT id FROM object_removals WHERE due_at <= $1 ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
                 ) RETURNING *",
            );
            let rows = rows.bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(now + LEASE).bind::<BigInt, _>(BATCH);
            Ok::<_, AppsError>(rows.load(conn).await?)
        })
        .await?;
    let count = taken.len();
    for removal in taken {
        match remove(context, &removal).await {
            Ok(()) => forget(context, removal.id).await?,
            // It comes back when its lease ends.
            Err(error) => tracing::warn!(%error, key = removal.object_key, "an object could not be removed yet"),
        }
    }
    Ok(count)
}

async fn remove(context: &AppsContext, removal: &Removal) -> Result<(), StorageError> {
    if let Some(multipart) = &removal.multipart_id {
        context.storage.abort_parts(&removal.object_key, multipart).await?;
    }
    context.storage.remove(&removal.object_key).await
}

async fn forget(context: &AppsContext, id: Uuid) -> Result<(), AppsError> {
    context
        .database
        .system_transaction(async |conn| {
            diesel::delete(removals::table.find(id)).execute(conn).await?;
            Ok::<_, AppsError>(())
        })
        .await
}
