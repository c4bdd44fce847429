//! Transactions commit or leave nothing, retry lost races, and survive restarts of the server.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloudphone_core::{CommonError, TenantId};
use cloudphone_database::{Database, DatabaseError, after_commit};
use cloudphone_embedded_postgres::{EmbeddedPostgres, Options as ClusterOptions};
use common::{MIGRATIONS, Server, bodies, caller_of, insert, notes};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use tokio::sync::Barrier;

#[tokio::test]
async fn an_error_rolls_everything_back_and_runs_no_action_of_the_commit() {
    let server = Server::start().await;
    let database = server.database().await;
    let tenant = TenantId::new();
    let actions = Arc::new(AtomicUsize::new(0));
    for fail in [true, false] {
        let outcome: Result<(), CommonError> = database
            .transaction(&caller_of(tenant), async |conn| {
                insert(conn, tenant, "once").await?;
                let actions = Arc::clone(&actions);
                after_commit(move |_| {
                    actions.fetch_add(1, Ordering::SeqCst);
                });
                if fail { Err(CommonError::Conflict { what: "note" }) } else { Ok(()) }
            })
            .await;
        assert_eq!(outcome.is_err(), fail);
        assert_eq!(actions.fetch_add(0, Ordering::SeqCst), usize::from(!fail));
    }
    assert_eq!(database.read(&caller_of(tenant), async |conn| bodies(conn).await).await.unwrap(), ["once"]);
    assert!(!after_commit(|_| ()), "outside of a transaction nothing is kept");
}

#[tokio::test]
async fn a_reading_transaction_refuses_to_write() {
    let server = Server::start().await;
    let database = server.database().await;
    let tenant = TenantId::new();
    let refused = database.read(&caller_of(tenant), async |conn| insert(conn, tenant, "no").await).await.unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

#[tokio::test]
async fn a_serialization_failure_runs_the_transaction_again() {
    let server = Server::start().await;
    let database = server.database().await;
    let tenant = TenantId::new();
    let caller = caller_of(tenant);
    let id = database.transaction(&caller, async |conn| insert(conn, tenant, "counted").await).await.unwrap();
    let (both_have_read, attempts) = (Barrier::new(2), AtomicUsize::new(0));
    let increment = || {
        database.transaction(&caller, async |conn| {
            let attempt = attempts.fetch_add(1, Ordering::SeqCst);
            conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await.map_err(DatabaseError::from)?;
            let revision: i32 =
                notes::table.find(id).select(notes::revision).get_result(conn).await.map_err(DatabaseError::from)?;
            if attempt < 2 {
                both_have_read.wait().await;
            }
            diesel::update(notes::table.find(id))
                .set(notes::revision.eq(revision + 1))
                .returning(notes::id)
                .get_result::<uuid::Uuid>(conn)
                .await
                .map_err(DatabaseError::from)?;
            Ok::<_, CommonError>(())
        })
    };
    let (one, other) = tokio::join!(increment(), increment());
    one.unwrap();
    other.unwrap();
    let revision: i32 = database
        .read(&caller, async |conn| {
            Ok::<_, DatabaseError>(notes::table.find(id).select(notes::revision).get_result(conn).await?)
        })
        .await
        .unwrap();
    assert_eq!(revision, 2, "no increment was lost");
    assert_eq!(attempts.into_inner(), 3, "the loser ran once more");
}

#[tokio::test]
async fn a_deadlock_runs_the_loser_again() {
    let server = Server::start().await;
    let database = server.database().await;
    let tenant = TenantId::new();
    let caller = caller_of(tenant);
    let first = database.transaction(&caller, async |conn| insert(conn, tenant, "first").await).await.unwrap();
    let second = database.transaction(&caller, async |conn| insert(conn, tenant, "second").await).await.unwrap();
    let (both_hold_one, attempts) = (Barrier::new(2), AtomicUsize::new(0));
    let update_in_order = |order: [uuid::Uuid; 2]| {
        let (database, caller, both_hold_one, attempts) = (&database, &caller, &both_hold_one, &attempts);
        async move {
            database
                .transaction(caller, async |conn| {
                    let attempt = attempts.fetch_add(1, Ordering::SeqCst);
                    for (position, id) in order.into_iter().enumerate() {
                        diesel::update(notes::table.find(id))
                            .set(notes::revision.eq(notes::revision + 1))
                            .execute(conn)
                            .await?;
                        if position == 0 && attempt < 2 {
                            both_hold_one.wait().await;
                        }
                    }
                    Ok::<_, DatabaseError>(())
                })
                .await
        }
    };
    let (one, other) = tokio::join!(update_in_order([first, second]), update_in_order([second, first]));
    one.unwrap();
    other.unwrap();
    assert_eq!(attempts.into_inner(), 3);
}

#[tokio::test]
async fn constraints_are_recognised_by_name() {
    let server = Server::start().await;
    let database = server.database().await;
    let tenant = TenantId::new();
    let caller = caller_of(tenant);
    database.transaction(&caller, async |conn| insert(conn, tenant, "same").await).await.unwrap();
    let twice = database.transaction(&caller, async |conn| insert(conn, tenant, "same").await).await.unwrap_err();
    assert!(twice.violates_unique("notes_body_unique"), "{twice}");
    let empty = database.transaction(&caller, async |conn| insert(conn, tenant, "").await).await.unwrap_err();
    assert!(empty.violates_check("notes_body_not_empty"), "{empty}");
    assert!(matches!(CommonError::from(empty), CommonError::Internal(_)));
}

#[tokio::test]
async fn a_statement_that_runs_too_long_ends_as_unavailable() {
    let server = Server::start().await;
    let mut options = server.options();
    options.statement_timeout = Duration::from_millis(100);
    let database = Database::connect(options).await.unwrap();
    let ended = database
        .system_transaction(async |conn| Ok::<_, DatabaseError>(conn.batch_execute("SELECT pg_sleep(20)").await?))
        .await
        .unwrap_err();
    assert!(matches!(CommonError::from(ended), CommonError::Unavailable(_)));
    database.health().await.unwrap();
}

#[tokio::test]
async fn a_full_pool_answers_unavailable_instead_of_waiting_for_ever() {
    let server = Server::start().await;
    let mut options = server.options();
    (options.min_connections, options.max_connections) = (1, 1);
    options.acquire_timeout = Duration::from_millis(100);
    let database = Database::connect(options).await.unwrap();
    let refused = database.system_transaction(async |_| database.health().await.map(|_| ())).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::PoolExhausted { .. }), "{refused}");
    let health = database.health().await.unwrap();
    assert_eq!((health.connections, health.max_connections), (1, 1));
}

#[tokio::test]
async fn a_cancelled_transaction_leaves_nothing_and_its_connection_is_replaced() {
    let server = Server::start().await;
    server.database().await;
    let mut options = server.options();
    (options.min_connections, options.max_connections) = (1, 1);
    let database = Database::connect(options).await.unwrap();
    let tenant = TenantId::new();
    let caller = caller_of(tenant);
    let inserted = tokio::sync::Notify::new();
    tokio::select! {
        _ = database.transaction(&caller, async |conn| {
            insert(conn, tenant, "half done").await?;
            inserted.notify_one();
            std::future::pending::<Result<(), DatabaseError>>().await
        }) => unreachable!("the body never ends"),
        () = inserted.notified() => {}
    }
    assert!(database.read(&caller, async |conn| bodies(conn).await).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_pool_recovers_from_a_restart_of_the_server() {
    let server = Server::start().await;
    let database = server.database().await;
    let tenant = TenantId::new();
    let caller = caller_of(tenant);
    database.transaction(&caller, async |conn| insert(conn, tenant, "before").await).await.unwrap();
    server.postgres.stop().await;
    let down = database.read(&caller, async |conn| bodies(conn).await).await.unwrap_err();
    assert!(matches!(CommonError::from(down), CommonError::Unavailable(_)));
    let restarted = EmbeddedPostgres::start(ClusterOptions::new(server.folder.path().join("postgres"))).await.unwrap();
    assert_eq!(database.read(&caller, async |conn| bodies(conn).await).await.unwrap(), ["before"]);
    restarted.stop().await;
}

#[tokio::test]
async fn processes_that_start_together_migrate_once() {
    let server = Server::start().await;
    let one = Database::connect(server.options()).await.unwrap();
    let other = Database::connect(server.options()).await.unwrap();
    assert_eq!(one.pending_migrations(MIGRATIONS).await.unwrap().len(), 2);
    let (first, second) = tokio::join!(one.migrate(MIGRATIONS), other.migrate(MIGRATIONS));
    let mut ran = first.unwrap();
    ran.extend(second.unwrap());
    assert_eq!(ran, ["00000000000000_tenancy", "20260101000000_notes"]);
    assert!(one.pending_migrations(MIGRATIONS).await.unwrap().is_empty());
}

#[tokio::test]
async fn transactions_run_in_spawned_tasks() {
    let server = Server::start().await;
    let database = server.database().await;
    let caller = caller_of(TenantId::new());
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (database, caller) = (database.clone(), caller.clone());
            tokio::spawn(async move {
                let body = format!("note {number}");
                database
                    .transaction(&caller, async |conn| {
                        insert(conn, caller.tenant_id, &body).await.map_err(CommonError::from)
                    })
                    .await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(database.read(&caller, async |conn| bodies(conn).await).await.unwrap().len(), 50);
}
