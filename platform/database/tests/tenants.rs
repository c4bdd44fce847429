//! Tenants are kept apart by the database itself, whatever a query asks for.

#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use cloudphone_core::TenantId;
use cloudphone_database::{Database, DatabaseError, Options};
use common::{Server, bodies, caller_of, insert, notes};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

#[tokio::test]
async fn a_tenant_sees_only_its_own_rows() {
    let server = Server::start().await;
    let database = server.database().await;
    let (alpha, beta) = (TenantId::new(), TenantId::new());
    for (tenant, body) in [(alpha, "of alpha"), (beta, "of beta")] {
        database.transaction(&caller_of(tenant), async |conn| insert(conn, tenant, body).await).await.unwrap();
    }
    assert_eq!(database.read(&caller_of(alpha), async |conn| bodies(conn).await).await.unwrap(), ["of alpha"]);
    assert_eq!(database.read(&caller_of(beta), async |conn| bodies(conn).await).await.unwrap(), ["of beta"]);
    let all = database.system_transaction(async |conn| bodies(conn).await).await.unwrap();
    assert_eq!(all, ["of alpha", "of beta"]);
}

#[tokio::test]
async fn a_forged_id_neither_changes_nor_deletes_another_tenants_row() {
    let server = Server::start().await;
    let database = server.database().await;
    let (alpha, beta) = (TenantId::new(), TenantId::new());
    let id = database.transaction(&caller_of(alpha), async |conn| insert(conn, alpha, "precious").await).await.unwrap();
    let touched = database
        .transaction(&caller_of(beta), async |conn| {
            let changed = diesel::update(notes::table.find(id)).set(notes::body.eq("stolen")).execute(conn).await?;
            let deleted = diesel::delete(notes::table.find(id)).execute(conn).await?;
            Ok::<_, DatabaseError>(changed + deleted)
        })
        .await
        .unwrap();
    assert_eq!(touched, 0);
    assert_eq!(database.read(&caller_of(alpha), async |conn| bodies(conn).await).await.unwrap(), ["precious"]);
}

#[tokio::test]
async fn a_row_cannot_be_written_into_or_moved_to_another_tenant() {
    let server = Server::start().await;
    let database = server.database().await;
    let (alpha, beta) = (TenantId::new(), TenantId::new());
    let refused =
        database.transaction(&caller_of(alpha), async |conn| insert(conn, beta, "smuggled").await).await.unwrap_err();
    assert!(refused.to_string().contains("row-level security"), "{refused}");
    let moved = database
        .transaction(&caller_of(alpha), async |conn| {
            insert(conn, alpha, "mine").await?;
            diesel::update(notes::table).set(notes::tenant_id.eq(beta)).execute(conn).await?;
            Ok::<_, DatabaseError>(())
        })
        .await
        .unwrap_err();
    assert!(moved.to_string().contains("row-level security"), "{moved}");
    assert!(database.system_transaction(async |conn| bodies(conn).await).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_tenant_ends_with_its_transaction_on_a_shared_connection() {
    let server = Server::start().await;
    server.database().await;
    let mut options = server.options();
    (options.min_connections, options.max_connections) = (1, 1);
    let database = Database::connect(options).await.unwrap();
    let (alpha, beta) = (TenantId::new(), TenantId::new());
    database.transaction(&caller_of(alpha), async |conn| insert(conn, alpha, "of alpha").await).await.unwrap();
    database.system_transaction(async |conn| bodies(conn).await).await.unwrap();
    assert!(database.read(&caller_of(beta), async |conn| bodies(conn).await).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_role_that_ignores_row_security_is_refused() {
    let server = Server::start().await;
    let url = server.postgres.url("notes").replace("cloudphone@", "postgres@");
    let refused = Database::connect(Options::new("notes", url)).await.unwrap_err();
    assert!(matches!(refused, DatabaseError::UnsafeRole { ref role } if role == "postgres"), "{refused}");
}
