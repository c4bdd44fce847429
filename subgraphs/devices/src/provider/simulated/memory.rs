//! Where simulated phones keep what they remember when their process ends.

use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use cloudphone_core::{DeviceId, TenantId};
use cloudphone_database::{AsyncPgConnection, Database, DatabaseError};
use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::phone::PhoneState;
use crate::schema::simulated_phones;

/// States on their way to the table; a phone with more to say waits.
const QUEUE: usize = 1024;
/// States of one statement.
const BATCH: usize = 200;
/// How long to wait before a failed statement is repeated.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Keeps the states of phones.
#[async_trait]
pub trait PhoneMemory: Send + Sync + 'static {
    /// What a phone remembers; `None` for a new one.
    async fn load(&self, tenant_id: TenantId, device_id: DeviceId) -> Option<PhoneState>;

    /// Keeps a state; returns once it is safe.
    async fn save(&self, tenant_id: TenantId, device_id: DeviceId, state: &PhoneState);
}

/// Forgets everything: for fleets that only make load.
pub struct Volatile;

#[async_trait]
impl PhoneMemory for Volatile {
    async fn load(&self, _: TenantId, _: DeviceId) -> Option<PhoneState> {
        None
    }

    async fn save(&self, _: TenantId, _: DeviceId, _: &PhoneState) {}
}

struct Save {
    tenant_id: TenantId,
    device_id: DeviceId,
    state: Value,
    done: oneshot::Sender<()>,
}

/// Keeps states in the domain's database, many with one statement.
pub struct TableMemory {
    database: Database,
    queue: mpsc::Sender<Save>,
}

impl TableMemory {
    /// A memory, and the work that writes it until told to stop.
    pub fn new(database: Database, stop: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, saves) = mpsc::channel(QUEUE);
        let writing = write(database.clone(), saves, stop);
        (Self { database, queue }, writing)
    }
}

#[async_trait]
impl PhoneMemory for TableMemory {
    async fn load(&self, tenant_id: TenantId, device_id: DeviceId) -> Option<PhoneState> {
        loop {
            let row = self
                .database
                .tenant_transaction(tenant_id, async |conn| {
                    let state = simulated_phones::table.find(device_id).select(simulated_phones::state);
                    Ok::<_, DatabaseError>(state.first::<Value>(conn).await.optional()?)
                })
                .await;
            match row {
                // A state that an older version wrote differently is worth less than a phone that works.
                Ok(state) => return state.and_then(|state| serde_json::from_value(state).ok()),
                Err(error) => {
                    tracing::warn!(device = %device_id, %error, "a phone cannot remember yet; trying again");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        }
    }

    async fn save(&self, tenant_id: TenantId, device_id: DeviceId, state: &PhoneState) {
        let state = serde_json::to_value(state).expect("a phone's state is plain values");
        let (done, saved) = oneshot::channel();
        if self.queue.send(Save { tenant_id, device_id, state, done }).await.is_ok() {
            // An error says that the process ends; then nothing is said that was not saved.
            let _ = saved.await;
        } else {
            std::future::pending::<()>().await;
        }
    }
}

async fn write(database: Database, mut saves: mpsc::Receiver<Save>, stop: CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(received) = stop.run_until_cancelled(saves.recv_many(&mut batch, BATCH)).await {
        if received == 0 {
            return;
        }
        loop {
            let written = database.system_transaction(async |conn| upsert(conn, &batch).await).await;
            match written {
                Ok(()) => break,
                Err(error) => tracing::warn!(%error, "phones could not be remembered; trying again"),
            }
            if stop.run_until_cancelled(tokio::time::sleep(RETRY_AFTER)).await.is_none() {
                return;
            }
        }
        for save in batch.drain(..) {
            let _ = save.done.send(());
        }
    }
}

async fn upsert(conn: &mut AsyncPgConnection, batch: &[Save]) -> Result<(), DatabaseError> {
    let now = Utc::now();
    // A phone may appear twice; its later state counts, and a statement may touch a row only once.
    let mut newest: Vec<&Save> = Vec::with_capacity(batch.len());
    for save in batch.iter().rev() {
        if !newest.iter().any(|kept| kept.device_id == save.device_id) {
            newest.push(save);
        }
    }
    newest.sort_by_key(|save| save.device_id);
    let rows: Vec<_> = newest
        .iter()
        .map(|save| {
            (
                simulated_phones::device_id.eq(save.device_id),
                simulated_phones::tenant_id.eq(save.tenant_id),
                simulated_phones::state.eq(&save.state),
                simulated_phones::updated_at.eq(now),
            )
        })
        .collect();
    diesel::insert_into(simulated_phones::table)
        .values(rows)
        .on_conflict(simulated_phones::device_id)
        .do_update()
        .set((
            simulated_phones::state.eq(excluded(simulated_phones::state)),
            simulated_phones::updated_at.eq(excluded(simulated_phones::updated_at)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes what a phone remembers.
pub async fn forget(conn: &mut AsyncPgConnection, device_id: DeviceId) -> Result<(), DatabaseError> {
    diesel::delete(simulated_phones::table.find(device_id)).execute(conn).await?;
    Ok(())
}
