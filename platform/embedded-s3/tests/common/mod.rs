//! A store on a free port and the clients of the tests.
#![allow(clippy::unwrap_used, dead_code)]

use std::{fs, path::Path, time::Duration};

use aws_sdk_s3::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, RequestChecksumCalculation, retry::RetryConfig},
};
use cloudphone_embedded_s3::{EmbeddedS3, Options};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub const ACCESS_KEY: &str = "test-access-key";
pub const SECRET_KEY: &str = "test-secret-key";
pub const BUCKET: &str = "apks";

/// A served store.
pub struct TestStore {
    pub folder: TempDir,
    pub s3: EmbeddedS3,
    pub endpoint: String,
    cancel: CancellationToken,
    server: JoinHandle<()>,
}

impl TestStore {
    pub async fn start() -> Self {
        let store = Self::start_in(tempfile::tempdir().unwrap()).await;
        store.s3.ensure_bucket(BUCKET).await.unwrap();
        store
    }

    pub async fn start_in(folder: TempDir) -> Self {
        let s3 = EmbeddedS3::open(Options::new(folder.path().join("s3"), ACCESS_KEY, SECRET_KEY)).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let cancel = CancellationToken::new();
        let server = tokio::spawn({
            let (s3, cancel) = (s3.clone(), cancel.clone());
            async move { s3.serve(listener, cancel).await }
        });
        Self { folder, s3, endpoint, cancel, server }
    }

    /// Stops serving and closes the store; the folder stays.
    pub async fn stop(self) -> TempDir {
        let Self { folder, s3, cancel, server, .. } = self;
        cancel.cancel();
        server.await.unwrap();
        drop(s3);
        folder
    }

    pub fn client(&self) -> Client {
        self.client_as(ACCESS_KEY, SECRET_KEY)
    }

    pub fn client_as(&self, access_key: &str, secret_key: &str) -> Client {
        Client::from_conf(self.config(access_key, secret_key).build())
    }

    /// A client that adds no checksums of its own.
    pub fn plain_client(&self) -> Client {
        let config = self.config(ACCESS_KEY, SECRET_KEY);
        Client::from_conf(config.request_checksum_calculation(RequestChecksumCalculation::WhenRequired).build())
    }

    fn config(&self, access_key: &str, secret_key: &str) -> aws_sdk_s3::config::Builder {
        Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .retry_config(RetryConfig::disabled())
    }

    /// The files that hold content.
    pub fn blobs(&self) -> usize {
        files_below(&self.folder.path().join("s3/blobs")).len()
    }

    /// The files of content on its way.
    pub fn drafts(&self) -> usize {
        files_below(&self.folder.path().join("s3/temporary")).len()
    }
}

pub fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// The code that the store answered an operation with.
pub fn code<T: std::fmt::Debug, E>(result: Result<T, aws_sdk_s3::error::SdkError<E>>) -> String
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.unwrap_err();
    let code = aws_sdk_s3::error::ProvideErrorMetadata::code(&error).map(str::to_owned);
    code.unwrap_or_else(|| match error.raw_response() {
        Some(response) => response.status().as_u16().to_string(),
        None => format!("{error:?}"),
    })
}

pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(std::time::Instant::now() < deadline, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
