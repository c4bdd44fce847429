//! A router with a subgraph of somebody's that takes files.

use std::sync::Arc;

use async_graphql::{Context, EmptySubscription, InputObject, Object, Result, Schema, SimpleObject, Upload};
use async_graphql_axum::GraphQL;
use axum::routing::post_service;
use cloudphone_composition::Subgraph as Part;
use cloudphone_router::authentication::PassOn;
use cloudphone_router::protection::UploadLimits;
use cloudphone_router::subgraphs::{SubscriptionOptions, foreign};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::{PATIENCE, Platform, Settings, Transport};

#[derive(SimpleObject)]
struct Stored {
    name: String,
    media_type: Option<String>,
    length: usize,
    sha256: String,
    note: Option<String>,
}

#[derive(InputObject)]
struct Package {
    files: Vec<Upload>,
    note: Option<String>,
}

fn stored(ctx: &Context<'_>, upload: Upload, note: Option<String>) -> Result<Stored> {
    let value = upload.value(ctx)?;
    let (name, media_type) = (value.filename.clone(), value.content_type.clone());
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut value.into_read(), &mut bytes)?;
    Ok(Stored { name, media_type, length: bytes.len(), sha256: sha256(&bytes), note })
}

/// What tells whether bytes are the same.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

struct Query;

#[Object]
impl Query {
    async fn looks_like(&self, ctx: &Context<'_>, file: Upload) -> Result<usize> {
        Ok(stored(ctx, file, None)?.length)
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn keep(&self, ctx: &Context<'_>, file: Upload, note: Option<String>) -> Result<Stored> {
        stored(ctx, file, note)
    }

    async fn keep_all(&self, ctx: &Context<'_>, package: Package) -> Result<Vec<Stored>> {
        package.files.into_iter().map(|file| stored(ctx, file, package.note.clone())).collect()
    }
}

/// A router with a subgraph of somebody's that takes files.
pub async fn platform(change: impl FnOnce(&mut UploadLimits)) -> Platform {
    let schema = Schema::build(Query, Mutation, EmptySubscription).enable_federation().finish();
    let sdl = schema.sdl_with_options(async_graphql::SDLExportOptions::new().federation());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = axum::Router::new().route("/", post_service(GraphQL::new(schema)));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let service =
        foreign(&url.parse().unwrap(), PATIENCE, &SubscriptionOptions::default(), Arc::new(PassOn::default())).unwrap();
    let mut uploads = UploadLimits::default();
    change(&mut uploads);
    let mut settings = Settings::new(Transport::InProcess).limits(|limits| limits.uploads = Some(uploads));
    settings.more = vec![(Part { name: "files".to_owned(), url, sdl }, service)];
    Platform::start_with(settings).await
}
