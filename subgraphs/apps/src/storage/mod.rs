//! Object storage: packages on their way in, packages and icons to stay, and addresses that open one of them for a while.

mod address;
mod error;
mod multipart;
mod object;

use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::{CorsConfiguration, CorsRule};
use aws_sdk_s3::{Client, Config};
use cloudphone_core::{TenantId, UploadId};
use cloudphone_resilience::{BreakerSettings, CallError, Policy, Protected, Retry};
use futures::future::BoxFuture;

use crate::settings::AppsStorage;

pub use error::StorageError;
pub use multipart::StoredPart;

type Result<T> = std::result::Result<T, StorageError>;

/// How long an ordinary call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// How long it may take to put the parts of a large file together.
const COMPLETION_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a connection may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The bucket of this domain.
#[derive(Debug)]
pub struct Storage {
    client: Client,
    /// Signs addresses for the world outside and calls nothing.
    signer: Client,
    bucket: String,
    calls: Protected,
    completions: Protected,
}

impl Storage {
    /// Talks to the storage described; calls nothing yet.
    pub fn new(access: &AppsStorage) -> Self {
        let policy = Policy {
            timeout: CALL_TIMEOUT,
            retry: Retry::BRIEFLY,
            breaker: BreakerSettings::default(),
            ..Policy::default()
        };
        Self {
            client: Client::from_conf(config(access, &access.endpoint)),
            signer: Client::from_conf(config(access, &access.public_endpoint)),
            bucket: access.bucket.clone(),
            calls: Protected::new("object-storage", policy),
            completions: Protected::new("object-storage-completion", Policy { timeout: COMPLETION_TIMEOUT, ..policy }),
        }
    }

    /// Makes the bucket unless it exists, and lets pages of other origins upload parts.
    pub async fn ensure_bucket(&self, allowed_origins: Option<&[String]>) -> Result<()> {
        let found = self.calls.call(StorageError::may_pass, || {
            let request = self.client.head_bucket().bucket(&self.bucket);
            sent(request.send())
        });
        match answered(found.await) {
            Ok(_) => {}
            Err(StorageError::NotFound) => self.create_bucket().await?,
            Err(error) => return Err(error),
        }
        match allowed_origins {
            Some(origins) => self.allow_pages(origins).await,
            None => Ok(()),
        }
    }

    async fn create_bucket(&self) -> Result<()> {
        let made = self.calls.call(StorageError::may_pass, || {
            let request = self.client.create_bucket().bucket(&self.bucket);
            sent(request.send())
        });
        match answered(made.await) {
            Ok(_) => Ok(()),
            // Another process was quicker.
            Err(StorageError::Refused { code, .. }) if code.starts_with("BucketAlready") => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn allow_pages(&self, allowed_origins: &[String]) -> Result<()> {
        let origins = if allowed_origins.is_empty() { vec!["*".to_owned()] } else { allowed_origins.to_vec() };
        let rule = CorsRule::builder()
            .set_allowed_origins(Some(origins))
            .set_allowed_methods(Some(vec!["GET".to_owned(), "HEAD".to_owned(), "PUT".to_owned()]))
            .allowed_headers("*")
            .expose_headers("ETag")
            .max_age_seconds(3600)
            .build()
            .map_err(StorageError::malformed)?;
        let rules = CorsConfiguration::builder().cors_rules(rule).build().map_err(StorageError::malformed)?;
        let put = self.calls.call(
            |_| false,
            || {
                let request = self.client.put_bucket_cors().bucket(&self.bucket).cors_configuration(rules.clone());
                sent(request.send())
            },
        );
        match put.await {
            Ok(_) => {}
            // Some services answer every origin by themselves and know no such call.
            Err(error) => tracing::debug!(%error, "object storage keeps its own rule about pages of other origins"),
        }
        Ok(())
    }

    /// Whether calls are let through at present.
    pub fn answers(&self) -> bool {
        self.calls.breaker().state() != cloudphone_resilience::BreakerState::Open
    }
}

/// The key of a package. The upload is part of it, so that removing one upload's object never hits another's.
pub fn package_key(tenant: TenantId, sha256: &str, upload: UploadId) -> String {
    format!("{tenant}/applications/{sha256}/{upload}.apk")
}

/// The key of the icon of an uploaded package.
pub fn icon_key(tenant: TenantId, upload: UploadId, media_type: &str) -> String {
    let ending = if media_type == "image/webp" { "webp" } else { "png" };
    format!("{tenant}/icons/{upload}.{ending}")
}

fn config(access: &AppsStorage, endpoint: &str) -> Config {
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(&access.access_key, &access.secret_key, None, None, "cloudphone"))
        .region(Region::new(access.region.clone()))
        .endpoint_url(endpoint)
        .force_path_style(access.force_path_style)
        // Retries and the breaker are those of the platform.
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build())
        // Many S3-compatible services do not know the newer checksums; content is verified by its SHA-256 anyway.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build()
}

/// Boxed, since the client's futures are large and would make those of every use case so.
fn sent<T, E, F>(request: F) -> BoxFuture<'static, Result<T>>
where
    F: Future<Output = std::result::Result<T, SdkError<E>>> + Send + 'static,
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    Box::pin(async move { request.await.map_err(|error| StorageError::classify(&error)) })
}

fn answered<T>(outcome: std::result::Result<T, CallError<StorageError>>) -> Result<T> {
    outcome.map_err(|error| match error {
        CallError::Failed(error) => error,
        other => StorageError::Unavailable(other.to_string()),
    })
}
