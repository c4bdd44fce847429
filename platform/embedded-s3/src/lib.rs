//! An S3 API inside the process over a local folder, so that the default form needs no object store of the operator.
//!
//! Content is written beside its place, checked, synced and only then made visible by one atomic rename of a small record;
//! a crash at any moment leaves either the old object or the new one, whole.

mod condition;
mod digest;
mod error;
mod intake;
mod operations;
mod page;
mod reading;
mod server;
mod store;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower_http::cors::Cors;

pub use crate::error::Error;
use crate::{operations::Operations, store::Store};

/// How the store is opened.
#[derive(Clone)]
pub struct Options {
    /// The folder of the store; made when absent.
    pub root: PathBuf,
    /// The access key clients sign with.
    pub access_key: String,
    /// The secret that belongs to it.
    pub secret_key: String,
    /// The origins of pages that may call the store; all when empty, since every call needs a signature anyway.
    pub allowed_origins: Vec<String>,
    /// How long a multipart upload may rest before `serve` aborts it.
    pub abandoned_upload_age: Duration,
}

impl Options {
    /// The defaults for a store under `root`.
    pub fn new(root: impl Into<PathBuf>, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            root: root.into(),
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            allowed_origins: Vec::new(),
            abandoned_upload_age: Duration::from_hours(7 * 24),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret stays out of logs.
        formatter.debug_struct("Options").field("root", &self.root).finish_non_exhaustive()
    }
}

/// An open store and the service that answers for it.
#[derive(Clone)]
pub struct EmbeddedS3 {
    store: Arc<Store>,
    service: Cors<S3Service>,
    abandoned_upload_age: Duration,
}

impl fmt::Debug for EmbeddedS3 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EmbeddedS3").finish_non_exhaustive()
    }
}

impl EmbeddedS3 {
    /// Opens the store, takes its lock and clears what an interrupted run left.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let root = options.root.clone();
        let store =
            tokio::task::spawn_blocking(move || Store::open(&root)).await.expect("opening a store does not panic")?;
        let store = Arc::new(store);
        let mut builder = S3ServiceBuilder::new(Operations::new(Arc::clone(&store)));
        builder.set_auth(SimpleAuth::from_single(options.access_key, options.secret_key));
        let service = server::cors(&options.allowed_origins)?.layer(builder.build());
        Ok(Self { store, service, abandoned_upload_age: options.abandoned_upload_age })
    }

    /// The service, to be mounted in hyper or axum at the root of a host.
    pub fn service(&self) -> Cors<S3Service> {
        self.service.clone()
    }

    /// Makes a bucket unless it exists.
    pub async fn ensure_bucket(&self, name: &str) -> Result<(), Error> {
        let (store, bucket) = (Arc::clone(&self.store), name.to_owned());
        match store::blocking(move || store.create_bucket(&bucket)).await {
            Ok(()) => Ok(()),
            Err(error) if *error.code() == s3s::S3ErrorCode::BucketAlreadyOwnedByYou => Ok(()),
            Err(error) => Err(Error::Bucket { name: name.to_owned(), reason: error.to_string() }),
        }
    }

    /// Answers connections until cancelled, then lets running requests finish. Also aborts abandoned uploads every hour.
    pub async fn serve(&self, listener: TcpListener, cancel: CancellationToken) {
        tokio::join!(
            server::serve(self.service(), listener, cancel.clone()),
            server::sweep_hourly(self, self.abandoned_upload_age, cancel)
        );
    }

    /// Aborts multipart uploads that rested for longer than `age`; answers with how many.
    pub async fn sweep(&self, age: Duration) -> Result<usize, Error> {
        let store = Arc::clone(&self.store);
        store::blocking(move || store.sweep(age)).await.map_err(|error| Error::Sweep(error.to_string()))
    }
}
